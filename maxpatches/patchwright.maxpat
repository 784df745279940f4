{
	"patcher": {
		"title": "patchwright",
		"fileversion": 1,
		"appversion": {
			"major": 8,
			"minor": 5,
			"revision": 5,
			"architecture": "x64",
			"modernui": 1
		},
		"classnamespace": "box",
		"rect": [ 60, 80, 1900, 1100 ],
		"bglocked": 0,
		"openinpresentation": 1,
		"default_fontsize": 12.0,
		"default_fontface": 0,
		"default_fontname": "Arial",
		"gridonopen": 1,
		"gridsize": [ 15.0, 15.0 ],
		"gridsnaponopen": 1,
		"objectsnaponopen": 1,
		"statusbarvisible": 2,
		"toolbarvisible": 1,
		"lefttoolbarpinned": 0,
		"toptoolbarpinned": 0,
		"righttoolbarpinned": 0,
		"bottomtoolbarpinned": 0,
		"toolbars_unpinned_last_save": 0,
		"tallnewobj": 0,
		"boxanimatetime": 200,
		"enablehscroll": 1,
		"enablevscroll": 1,
		"devicewidth": 0.0,
		"description": "",
		"digest": "",
		"tags": "",
		"style": "",
		"subpatcher_template": "",
		"assistshowspatchername": 0,
		"boxes": [
			{
				"box": {
					"id": "obj-1",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 20, 12, 288, 22 ],
					"outlettype": [ "" ],
					"text": "udpreceive 19999 @defer 1 @quiet 1"
				}
			},
			{
				"box": {
					"id": "obj-2",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 4,
					"patching_rect": [ 20, 46, 184, 22 ],
					"outlettype": [ "", "", "", "" ],
					"text": "js patchwright.js max"
				}
			},
			{
				"box": {
					"id": "obj-3",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 80, 192, 22 ],
					"outlettype": [],
					"text": "udpsend 127.0.0.1 9000"
				}
			},
			{
				"box": {
					"id": "obj-4",
					"maxclass": "newobj",
					"numinlets": 15,
					"numoutlets": 15,
					"patching_rect": [ 20, 114, 872, 22 ],
					"outlettype": [ "", "", "", "", "", "", "", "", "", "", "", "", "", "", "" ],
					"text": "route dial name status plugin listen pad morphx morphy candidates favourites record recbutton tape askplace"
				}
			},
			{
				"box": {
					"id": "obj-5",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 20, 148, 80, 22 ],
					"outlettype": [ "" ],
					"text": "freebang"
				}
			},
			{
				"box": {
					"id": "obj-6",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 20, 182, 56, 22 ],
					"outlettype": [ "" ],
					"text": "close"
				}
			},
			{
				"box": {
					"id": "obj-7",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 20, 216, 80, 22 ],
					"outlettype": [ "" ],
					"text": "loadbang"
				}
			},
			{
				"box": {
					"id": "obj-8",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 20, 250, 56, 22 ],
					"outlettype": [ "" ],
					"text": "start"
				}
			},
			{
				"box": {
					"id": "obj-9",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 300, 540, 16 ],
					"presentation": 1,
					"presentation_rect": [ 8, 3, 540, 16 ],
					"varname": "status",
					"text": "patchwright",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-10",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 328, 66, 16 ],
					"presentation": 1,
					"presentation_rect": [ 560, 3, 66, 16 ],
					"varname": "port-label",
					"text": "server port",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-11",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 20, 356, 72, 15 ],
					"presentation": 1,
					"presentation_rect": [ 630, 3, 72, 15 ],
					"varname": "port",
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Server Port",
							"parameter_shortname": "Server Port",
							"parameter_type": 0,
							"parameter_invisible": 1,
							"parameter_mmin": 1024.0,
							"parameter_mmax": 65535.0,
							"parameter_unitstyle": 0,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 9000.0 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-12",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 20, 383, 40, 22 ],
					"outlettype": [ "" ],
					"text": "i"
				}
			},
			{
				"box": {
					"id": "obj-13",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 20, 417, 112, 22 ],
					"outlettype": [ "" ],
					"text": "prepend port"
				}
			},
			{
				"box": {
					"id": "obj-14",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 20, 451, 96, 22 ],
					"outlettype": [ "" ],
					"text": "serverport"
				}
			},
			{
				"box": {
					"id": "obj-15",
					"maxclass": "newobj",
					"numinlets": 9,
					"numoutlets": 9,
					"patching_rect": [ 600, 300, 184, 22 ],
					"outlettype": [ "", "", "", "", "", "", "", "", "" ],
					"text": "route 1 2 3 4 5 6 7 8"
				}
			},
			{
				"box": {
					"id": "obj-16",
					"maxclass": "newobj",
					"numinlets": 9,
					"numoutlets": 9,
					"patching_rect": [ 600, 334, 184, 22 ],
					"outlettype": [ "", "", "", "", "", "", "", "", "" ],
					"text": "route 1 2 3 4 5 6 7 8"
				}
			},
			{
				"box": {
					"id": "obj-17",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 8, 20, 54, 24 ],
					"varname": "name-1",
					"text": "knob 1",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-18",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 20, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 8, 44, 44, 48 ],
					"varname": "dial-1",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 1",
							"parameter_shortname": "Macro 1",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-19",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 20, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 1"
				}
			},
			{
				"box": {
					"id": "obj-20",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 150, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 64, 20, 54, 24 ],
					"varname": "name-2",
					"text": "knob 2",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-21",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 150, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 64, 44, 44, 48 ],
					"varname": "dial-2",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 2",
							"parameter_shortname": "Macro 2",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-22",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 150, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 2"
				}
			},
			{
				"box": {
					"id": "obj-23",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 280, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 120, 20, 54, 24 ],
					"varname": "name-3",
					"text": "knob 3",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-24",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 280, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 120, 44, 44, 48 ],
					"varname": "dial-3",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 3",
							"parameter_shortname": "Macro 3",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-25",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 280, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 3"
				}
			},
			{
				"box": {
					"id": "obj-26",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 410, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 176, 20, 54, 24 ],
					"varname": "name-4",
					"text": "knob 4",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-27",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 410, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 176, 44, 44, 48 ],
					"varname": "dial-4",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 4",
							"parameter_shortname": "Macro 4",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-28",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 410, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 4"
				}
			},
			{
				"box": {
					"id": "obj-29",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 540, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 8, 94, 54, 24 ],
					"varname": "name-5",
					"text": "knob 5",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-30",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 540, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 8, 118, 44, 48 ],
					"varname": "dial-5",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 5",
							"parameter_shortname": "Macro 5",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-31",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 540, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 5"
				}
			},
			{
				"box": {
					"id": "obj-32",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 670, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 64, 94, 54, 24 ],
					"varname": "name-6",
					"text": "knob 6",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-33",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 670, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 64, 118, 44, 48 ],
					"varname": "dial-6",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 6",
							"parameter_shortname": "Macro 6",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-34",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 670, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 6"
				}
			},
			{
				"box": {
					"id": "obj-35",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 800, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 120, 94, 54, 24 ],
					"varname": "name-7",
					"text": "knob 7",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-36",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 800, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 120, 118, 44, 48 ],
					"varname": "dial-7",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 7",
							"parameter_shortname": "Macro 7",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-37",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 800, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 7"
				}
			},
			{
				"box": {
					"id": "obj-38",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 930, 560, 54, 24 ],
					"presentation": 1,
					"presentation_rect": [ 176, 94, 54, 24 ],
					"varname": "name-8",
					"text": "knob 8",
					"textjustification": 0,
					"fontsize": 8.0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-39",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 930, 596, 44, 48 ],
					"presentation": 1,
					"presentation_rect": [ 176, 118, 44, 48 ],
					"varname": "dial-8",
					"showname": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Macro 8",
							"parameter_shortname": "Macro 8",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-40",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 930, 656, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend dial 8"
				}
			},
			{
				"box": {
					"id": "obj-41",
					"maxclass": "jsui",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 920, 12, 110, 110 ],
					"presentation": 1,
					"presentation_rect": [ 262, 22, 110, 110 ],
					"varname": "pad",
					"filename": "patchwright-pad.js",
					"parameter_enable": 0,
					"outlettype": [ "" ]
				}
			},
			{
				"box": {
					"id": "obj-42",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 920, 134, 18, 18 ],
					"presentation": 1,
					"presentation_rect": [ 240, 114, 18, 18 ],
					"varname": "corner-1",
					"text": "1",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press corner-1",
							"parameter_shortname": "Press corner-1",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-43",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 920, 164, 80, 22 ],
					"outlettype": [ "" ],
					"text": "corner 1"
				}
			},
			{
				"box": {
					"id": "obj-44",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 920, 198, 18, 18 ],
					"presentation": 1,
					"presentation_rect": [ 376, 114, 18, 18 ],
					"varname": "corner-2",
					"text": "2",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press corner-2",
							"parameter_shortname": "Press corner-2",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-45",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 920, 228, 80, 22 ],
					"outlettype": [ "" ],
					"text": "corner 2"
				}
			},
			{
				"box": {
					"id": "obj-46",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 920, 262, 18, 18 ],
					"presentation": 1,
					"presentation_rect": [ 240, 22, 18, 18 ],
					"varname": "corner-3",
					"text": "3",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press corner-3",
							"parameter_shortname": "Press corner-3",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-47",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 920, 292, 80, 22 ],
					"outlettype": [ "" ],
					"text": "corner 3"
				}
			},
			{
				"box": {
					"id": "obj-48",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 920, 326, 18, 18 ],
					"presentation": 1,
					"presentation_rect": [ 376, 22, 18, 18 ],
					"varname": "corner-4",
					"text": "4",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press corner-4",
							"parameter_shortname": "Press corner-4",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-49",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 920, 356, 80, 22 ],
					"outlettype": [ "" ],
					"text": "corner 4"
				}
			},
			{
				"box": {
					"id": "obj-50",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1080, 12, 50, 15 ],
					"presentation": 1,
					"presentation_rect": [ 262, 140, 50, 15 ],
					"varname": "morphx",
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Morph X",
							"parameter_shortname": "Morph X",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-51",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1080, 39, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend morphx"
				}
			},
			{
				"box": {
					"id": "obj-52",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1080, 73, 50, 15 ],
					"presentation": 1,
					"presentation_rect": [ 322, 140, 50, 15 ],
					"varname": "morphy",
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Morph Y",
							"parameter_shortname": "Morph Y",
							"parameter_type": 0,
							"parameter_invisible": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_unitstyle": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 0.5 ]
						}
					},
					"outlettype": [ "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-53",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1080, 100, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend morphy"
				}
			},
			{
				"box": {
					"id": "obj-54",
					"maxclass": "live.drop",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1240, 12, 144, 44 ],
					"presentation": 1,
					"presentation_rect": [ 406, 22, 144, 44 ],
					"varname": "drop",
					"legend": "drop a sound here",
					"decodemode": 1,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Drop",
							"parameter_shortname": "Drop",
							"parameter_type": 4,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-55",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1240, 68, 192, 22 ],
					"outlettype": [ "", "" ],
					"text": "conformpath slash boot"
				}
			},
			{
				"box": {
					"id": "obj-56",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1240, 102, 112, 22 ],
					"outlettype": [ "" ],
					"text": "prepend drop"
				}
			},
			{
				"box": {
					"id": "obj-57",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1240, 136, 46, 18 ],
					"presentation": 1,
					"presentation_rect": [ 406, 70, 46, 18 ],
					"varname": "record",
					"text": "Record",
					"texton": "Stop",
					"mode": 1,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press record",
							"parameter_shortname": "Press record",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-58",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1240, 166, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend record"
				}
			},
			{
				"box": {
					"id": "obj-59",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"patching_rect": [ 1240, 200, 52, 18 ],
					"presentation": 1,
					"presentation_rect": [ 456, 70, 52, 18 ],
					"varname": "budget",
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Budget",
							"parameter_shortname": "Budget",
							"parameter_type": 2,
							"parameter_enum": [ "instant", "quick", "refine", "deep" ],
							"parameter_mmax": 3,
							"parameter_invisible": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [ 1 ]
						}
					},
					"outlettype": [ "", "", "float" ]
				}
			},
			{
				"box": {
					"id": "obj-60",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1240, 230, 128, 22 ],
					"outlettype": [ "" ],
					"text": "prepend budget"
				}
			},
			{
				"box": {
					"id": "obj-61",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1240, 264, 38, 18 ],
					"presentation": 1,
					"presentation_rect": [ 512, 70, 38, 18 ],
					"varname": "cancel",
					"text": "Cancel",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press cancel",
							"parameter_shortname": "Press cancel",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-62",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1240, 294, 64, 22 ],
					"outlettype": [ "" ],
					"text": "cancel"
				}
			},
			{
				"box": {
					"id": "obj-63",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 3,
					"patching_rect": [ 1460, 12, 136, 22 ],
					"outlettype": [ "", "", "" ],
					"text": "savedialog WAVE"
				}
			},
			{
				"box": {
					"id": "obj-64",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1460, 46, 192, 22 ],
					"outlettype": [ "", "" ],
					"text": "conformpath slash boot"
				}
			},
			{
				"box": {
					"id": "obj-65",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1460, 80, 120, 22 ],
					"outlettype": [ "" ],
					"text": "prepend place"
				}
			},
			{
				"box": {
					"id": "obj-66",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 1100, 560, 144, 16 ],
					"presentation": 1,
					"presentation_rect": [ 406, 94, 144, 16 ],
					"varname": "candidates-label",
					"text": "similar sounds",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-67",
					"maxclass": "umenu",
					"numinlets": 1,
					"numoutlets": 3,
					"patching_rect": [ 1100, 588, 144, 20 ],
					"presentation": 1,
					"presentation_rect": [ 406, 110, 144, 20 ],
					"varname": "candidates",
					"items": [],
					"parameter_enable": 0,
					"outlettype": [ "", "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-68",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1100, 620, 152, 22 ],
					"outlettype": [ "" ],
					"text": "prepend candidate"
				}
			},
			{
				"box": {
					"id": "obj-69",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1100, 654, 70, 18 ],
					"presentation": 1,
					"presentation_rect": [ 406, 136, 70, 18 ],
					"varname": "neighbours",
					"text": "Neighbours",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press neighbours",
							"parameter_shortname": "Press neighbours",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-70",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1100, 684, 96, 22 ],
					"outlettype": [ "" ],
					"text": "neighbours"
				}
			},
			{
				"box": {
					"id": "obj-71",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1100, 718, 70, 18 ],
					"presentation": 1,
					"presentation_rect": [ 480, 136, 70, 18 ],
					"varname": "wander",
					"text": "Wander",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press wander",
							"parameter_shortname": "Press wander",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-72",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1100, 748, 104, 22 ],
					"outlettype": [ "" ],
					"text": "step wander"
				}
			},
			{
				"box": {
					"id": "obj-73",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1700, 12, 44, 18 ],
					"presentation": 1,
					"presentation_rect": [ 560, 22, 44, 18 ],
					"varname": "switch",
					"text": "A/B",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press switch",
							"parameter_shortname": "Press switch",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-74",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1700, 42, 104, 22 ],
					"outlettype": [ "" ],
					"text": "step switch"
				}
			},
			{
				"box": {
					"id": "obj-75",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1700, 76, 44, 18 ],
					"presentation": 1,
					"presentation_rect": [ 609, 22, 44, 18 ],
					"varname": "undo",
					"text": "Undo",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press undo",
							"parameter_shortname": "Press undo",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-76",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1700, 106, 88, 22 ],
					"outlettype": [ "" ],
					"text": "step undo"
				}
			},
			{
				"box": {
					"id": "obj-77",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1700, 140, 44, 18 ],
					"presentation": 1,
					"presentation_rect": [ 658, 22, 44, 18 ],
					"varname": "redo",
					"text": "Redo",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press redo",
							"parameter_shortname": "Press redo",
							"parameter_type": 2,
							"parameter_enum": [ "off", "on" ],
							"parameter_mmax": 1,
							"parameter_invisible": 2
						}
					},
					"outlettype": [ "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-78",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1700, 170, 88, 22 ],
					"outlettype": [ "" ],
					"text": "step redo"
				}
			},
			{
				"box": {
					"id": "obj-79",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 1400, 560, 144, 16 ],
					"presentation": 1,
					"presentation_rect": [ 560, 46, 144, 16 ],
					"varname": "favourites-label",
					"text": "favourites",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-80",
					"maxclass": "umenu",
					"numinlets": 1,
					"numoutlets": 3,
					"patching_rect": [ 1400, 588, 142, 20 ],
					"presentation": 1,
					"presentation_rect": [ 560, 62, 142, 20 ],
					"varname": "favourites",
					"items": [],
					"parameter_enable": 0,
					"outlettype": [ "", "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-81",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1400, 620, 152, 22 ],
					"outlettype": [ "" ],
					"text": "prepend favourite"
				}
			},
			{
				"box": {
					"id": "obj-82",
					"maxclass": "textedit",
					"numinlets": 1,
					"numoutlets": 4,
					"patching_rect": [ 1400, 654, 142, 20 ],
					"presentation": 1,
					"presentation_rect": [ 560, 86, 142, 20 ],
					"varname": "keep",
					"keymode": 1,
					"outputmode": 1,
					"lines": 1,
					"parameter_enable": 0,
					"text": "type a name, press Enter",
					"outlettype": [ "", "", "", "" ]
				}
			},
			{
				"box": {
					"id": "obj-83",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 2,
					"patching_rect": [ 1400, 686, 96, 22 ],
					"outlettype": [ "", "" ],
					"text": "route text"
				}
			},
			{
				"box": {
					"id": "obj-84",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"patching_rect": [ 1400, 720, 112, 22 ],
					"outlettype": [ "" ],
					"text": "prepend keep"
				}
			},
			{
				"box": {
					"id": "obj-85",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 820, 192, 22 ],
					"outlettype": [],
					"text": "send patchwright.param"
				}
			},
			{
				"box": {
					"id": "obj-86",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 20, 854, 142, 32 ],
					"presentation": 1,
					"presentation_rect": [ 560, 116, 142, 32 ],
					"varname": "param-label",
					"text": "each change: receive patchwright.param",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-87",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 320, 820, 48, 22 ],
					"outlettype": [ "signal", "signal" ],
					"text": "adc~"
				}
			},
			{
				"box": {
					"id": "obj-88",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 320, 854, 64, 22 ],
					"outlettype": [ "signal" ],
					"text": "*~ 0.5"
				}
			},
			{
				"box": {
					"id": "obj-89",
					"maxclass": "newobj",
					"numinlets": 3,
					"numoutlets": 1,
					"patching_rect": [ 320, 888, 168, 22 ],
					"outlettype": [ "signal" ],
					"text": "record~ patchwright"
				}
			},
			{
				"box": {
					"id": "obj-90",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 320, 922, 208, 22 ],
					"outlettype": [ "", "" ],
					"text": "buffer~ patchwright 8000"
				}
			},
			{
				"box": {
					"id": "obj-91",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 320, 956, 72, 22 ],
					"outlettype": [ "" ],
					"text": "written"
				}
			},
			{
				"box": {
					"id": "obj-92",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 2,
					"patching_rect": [ 320, 990, 56, 22 ],
					"outlettype": [ "", "" ],
					"text": "sel 1"
				}
			},
			{
				"box": {
					"id": "obj-93",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 320, 1024, 56, 22 ],
					"outlettype": [ "" ],
					"text": "start"
				}
			}
		],
		"lines": [
			{
				"patchline": {
					"source": [ "obj-1", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-2", 0 ],
					"destination": [ "obj-3", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-2", 1 ],
					"destination": [ "obj-4", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 4 ],
					"destination": [ "obj-1", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-5", 0 ],
					"destination": [ "obj-6", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-6", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-7", 0 ],
					"destination": [ "obj-8", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-8", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 2 ],
					"destination": [ "obj-9", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-11", 0 ],
					"destination": [ "obj-12", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-12", 0 ],
					"destination": [ "obj-13", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-13", 0 ],
					"destination": [ "obj-3", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-12", 0 ],
					"destination": [ "obj-14", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-14", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 0 ],
					"destination": [ "obj-15", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 1 ],
					"destination": [ "obj-16", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-18", 0 ],
					"destination": [ "obj-19", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-19", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 0 ],
					"destination": [ "obj-18", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 0 ],
					"destination": [ "obj-17", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-21", 0 ],
					"destination": [ "obj-22", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-22", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 1 ],
					"destination": [ "obj-21", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 1 ],
					"destination": [ "obj-20", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-24", 0 ],
					"destination": [ "obj-25", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-25", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 2 ],
					"destination": [ "obj-24", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 2 ],
					"destination": [ "obj-23", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-27", 0 ],
					"destination": [ "obj-28", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-28", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 3 ],
					"destination": [ "obj-27", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 3 ],
					"destination": [ "obj-26", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-30", 0 ],
					"destination": [ "obj-31", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-31", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 4 ],
					"destination": [ "obj-30", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 4 ],
					"destination": [ "obj-29", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-33", 0 ],
					"destination": [ "obj-34", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-34", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 5 ],
					"destination": [ "obj-33", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 5 ],
					"destination": [ "obj-32", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-36", 0 ],
					"destination": [ "obj-37", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-37", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 6 ],
					"destination": [ "obj-36", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 6 ],
					"destination": [ "obj-35", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-39", 0 ],
					"destination": [ "obj-40", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-40", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-15", 7 ],
					"destination": [ "obj-39", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-16", 7 ],
					"destination": [ "obj-38", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 5 ],
					"destination": [ "obj-41", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-41", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-42", 0 ],
					"destination": [ "obj-43", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-43", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-44", 0 ],
					"destination": [ "obj-45", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-45", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-46", 0 ],
					"destination": [ "obj-47", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-47", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-48", 0 ],
					"destination": [ "obj-49", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-49", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-50", 0 ],
					"destination": [ "obj-51", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-51", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 6 ],
					"destination": [ "obj-50", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-52", 0 ],
					"destination": [ "obj-53", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-53", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 7 ],
					"destination": [ "obj-52", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-54", 0 ],
					"destination": [ "obj-55", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-55", 0 ],
					"destination": [ "obj-56", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-56", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-57", 0 ],
					"destination": [ "obj-58", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-58", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 11 ],
					"destination": [ "obj-57", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-59", 1 ],
					"destination": [ "obj-60", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-60", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-61", 0 ],
					"destination": [ "obj-62", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-62", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-63", 0 ],
					"destination": [ "obj-64", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-64", 0 ],
					"destination": [ "obj-65", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-65", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 13 ],
					"destination": [ "obj-63", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 8 ],
					"destination": [ "obj-67", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-67", 0 ],
					"destination": [ "obj-68", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-68", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-69", 0 ],
					"destination": [ "obj-70", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-70", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-71", 0 ],
					"destination": [ "obj-72", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-72", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-73", 0 ],
					"destination": [ "obj-74", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-74", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-75", 0 ],
					"destination": [ "obj-76", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-76", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-77", 0 ],
					"destination": [ "obj-78", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-78", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 9 ],
					"destination": [ "obj-80", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-80", 0 ],
					"destination": [ "obj-81", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-81", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-82", 0 ],
					"destination": [ "obj-83", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-83", 0 ],
					"destination": [ "obj-84", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-84", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-2", 2 ],
					"destination": [ "obj-85", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-88", 0 ],
					"destination": [ "obj-89", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-87", 0 ],
					"destination": [ "obj-88", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-87", 1 ],
					"destination": [ "obj-88", 0 ],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 10 ],
					"destination": [ "obj-89", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 12 ],
					"destination": [ "obj-90", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-90", 1 ],
					"destination": [ "obj-91", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-91", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 10 ],
					"destination": [ "obj-92", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-92", 0 ],
					"destination": [ "obj-93", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-93", 0 ],
					"destination": [ "obj-87", 0 ],
					"order": 0
				}
			}
		],
		"dependency_cache": [
			{
				"name": "patchwright-pad.js",
				"bootpath": ".",
				"patcherrelativepath": ".",
				"type": "TEXT",
				"implicit": 1
			},
			{
				"name": "patchwright.js",
				"bootpath": ".",
				"patcherrelativepath": ".",
				"type": "TEXT",
				"implicit": 1
			}
		],
		"autosave": 0,
		"parameters": {
			"obj-11": [ "Server Port", "Server Port", 0 ],
			"obj-18": [ "Macro 1", "Macro 1", 0 ],
			"obj-21": [ "Macro 2", "Macro 2", 0 ],
			"obj-24": [ "Macro 3", "Macro 3", 0 ],
			"obj-27": [ "Macro 4", "Macro 4", 0 ],
			"obj-30": [ "Macro 5", "Macro 5", 0 ],
			"obj-33": [ "Macro 6", "Macro 6", 0 ],
			"obj-36": [ "Macro 7", "Macro 7", 0 ],
			"obj-39": [ "Macro 8", "Macro 8", 0 ],
			"obj-42": [ "Press corner-1", "Press corner-1", 0 ],
			"obj-44": [ "Press corner-2", "Press corner-2", 0 ],
			"obj-46": [ "Press corner-3", "Press corner-3", 0 ],
			"obj-48": [ "Press corner-4", "Press corner-4", 0 ],
			"obj-50": [ "Morph X", "Morph X", 0 ],
			"obj-52": [ "Morph Y", "Morph Y", 0 ],
			"obj-54": [ "Drop", "Drop", 0 ],
			"obj-57": [ "Press record", "Press record", 0 ],
			"obj-59": [ "Budget", "Budget", 0 ],
			"obj-61": [ "Press cancel", "Press cancel", 0 ],
			"obj-69": [ "Press neighbours", "Press neighbours", 0 ],
			"obj-71": [ "Press wander", "Press wander", 0 ],
			"obj-73": [ "Press switch", "Press switch", 0 ],
			"obj-75": [ "Press undo", "Press undo", 0 ],
			"obj-77": [ "Press redo", "Press redo", 0 ],
			"parameterbanks": {
				"0": {
					"index": 0,
					"name": "Macros",
					"parameters": [ "Macro 1", "Macro 2", "Macro 3", "Macro 4", "Macro 5", "Macro 6", "Macro 7", "Macro 8" ]
				}
			},
			"inherited_shortname": 1
		}
	}
}
