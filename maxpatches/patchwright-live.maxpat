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
		"devicewidth": 704.0,
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
					"patching_rect": [ 20, 46, 192, 22 ],
					"outlettype": [ "", "", "", "" ],
					"text": "js patchwright.js live"
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
					"numoutlets": 3,
					"patching_rect": [ 20, 216, 136, 22 ],
					"outlettype": [ "", "", "" ],
					"text": "live.thisdevice"
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
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [ 1700, 560, 142, 32 ],
					"presentation": 1,
					"presentation_rect": [ 560, 132, 142, 32 ],
					"varname": "plugin",
					"text": "no plugin yet",
					"textjustification": 0,
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-86",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1700, 604, 69, 18 ],
					"presentation": 1,
					"presentation_rect": [ 560, 110, 69, 18 ],
					"varname": "attach",
					"text": "Attach",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press attach",
							"parameter_shortname": "Press attach",
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
					"id": "obj-87",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1700, 634, 64, 22 ],
					"outlettype": [ "" ],
					"text": "attach"
				}
			},
			{
				"box": {
					"id": "obj-88",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 1700, 668, 69, 18 ],
					"presentation": 1,
					"presentation_rect": [ 633, 110, 69, 18 ],
					"varname": "push",
					"text": "Push all",
					"mode": 0,
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Press push",
							"parameter_shortname": "Press push",
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
					"id": "obj-89",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"patching_rect": [ 1700, 698, 48, 22 ],
					"outlettype": [ "" ],
					"text": "push"
				}
			},
			{
				"box": {
					"id": "obj-90",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 0,
					"patching_rect": [ 20, 820, 80, 22 ],
					"patcher": {
						"title": "slots",
						"fileversion": 1,
						"appversion": {
							"major": 8,
							"minor": 5,
							"revision": 5,
							"architecture": "x64",
							"modernui": 1
						},
						"classnamespace": "box",
						"rect": [ 60, 80, 1900, 900 ],
						"bglocked": 0,
						"openinpresentation": 0,
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
									"maxclass": "inlet",
									"numinlets": 0,
									"numoutlets": 1,
									"patching_rect": [ 20, 20, 30, 30 ],
									"outlettype": [ "" ],
									"index": 0,
									"comment": "values"
								}
							},
							{
								"box": {
									"id": "obj-2",
									"maxclass": "newobj",
									"numinlets": 65,
									"numoutlets": 65,
									"patching_rect": [ 20, 62, 1520, 22 ],
									"outlettype": [ "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "" ],
									"text": "route 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64"
								}
							},
							{
								"box": {
									"id": "obj-3",
									"maxclass": "inlet",
									"numinlets": 0,
									"numoutlets": 1,
									"patching_rect": [ 100, 150, 30, 30 ],
									"outlettype": [ "" ],
									"index": 0,
									"comment": "ids"
								}
							},
							{
								"box": {
									"id": "obj-4",
									"maxclass": "newobj",
									"numinlets": 65,
									"numoutlets": 65,
									"patching_rect": [ 100, 192, 1520, 22 ],
									"outlettype": [ "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "" ],
									"text": "route 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64"
								}
							},
							{
								"box": {
									"id": "obj-5",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-6",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-7",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-8",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-9",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-10",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-11",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-12",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 300, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-13",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-14",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-15",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-16",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-17",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-18",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-19",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-20",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 340, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-21",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-22",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-23",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-24",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-25",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-26",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-27",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-28",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 380, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-29",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-30",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-31",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-32",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-33",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-34",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-35",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-36",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 420, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-37",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-38",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-39",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-40",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-41",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-42",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-43",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-44",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 460, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-45",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-46",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-47",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-48",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-49",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-50",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-51",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-52",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 500, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-53",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-54",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-55",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-56",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-57",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-58",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-59",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-60",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 540, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-61",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 20, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-62",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 220, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-63",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 420, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-64",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 620, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-65",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 820, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-66",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1020, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-67",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1220, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
								}
							},
							{
								"box": {
									"id": "obj-68",
									"maxclass": "newobj",
									"numinlets": 2,
									"numoutlets": 0,
									"patching_rect": [ 1420, 580, 112, 22 ],
									"outlettype": [],
									"text": "live.remote~"
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
									"source": [ "obj-3", 0 ],
									"destination": [ "obj-4", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 0 ],
									"destination": [ "obj-5", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 0 ],
									"destination": [ "obj-5", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 1 ],
									"destination": [ "obj-6", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 1 ],
									"destination": [ "obj-6", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 2 ],
									"destination": [ "obj-7", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 2 ],
									"destination": [ "obj-7", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 3 ],
									"destination": [ "obj-8", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 3 ],
									"destination": [ "obj-8", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 4 ],
									"destination": [ "obj-9", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 4 ],
									"destination": [ "obj-9", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 5 ],
									"destination": [ "obj-10", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 5 ],
									"destination": [ "obj-10", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 6 ],
									"destination": [ "obj-11", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 6 ],
									"destination": [ "obj-11", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 7 ],
									"destination": [ "obj-12", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 7 ],
									"destination": [ "obj-12", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 8 ],
									"destination": [ "obj-13", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 8 ],
									"destination": [ "obj-13", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 9 ],
									"destination": [ "obj-14", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 9 ],
									"destination": [ "obj-14", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 10 ],
									"destination": [ "obj-15", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 10 ],
									"destination": [ "obj-15", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 11 ],
									"destination": [ "obj-16", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 11 ],
									"destination": [ "obj-16", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 12 ],
									"destination": [ "obj-17", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 12 ],
									"destination": [ "obj-17", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 13 ],
									"destination": [ "obj-18", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 13 ],
									"destination": [ "obj-18", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 14 ],
									"destination": [ "obj-19", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 14 ],
									"destination": [ "obj-19", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 15 ],
									"destination": [ "obj-20", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 15 ],
									"destination": [ "obj-20", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 16 ],
									"destination": [ "obj-21", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 16 ],
									"destination": [ "obj-21", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 17 ],
									"destination": [ "obj-22", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 17 ],
									"destination": [ "obj-22", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 18 ],
									"destination": [ "obj-23", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 18 ],
									"destination": [ "obj-23", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 19 ],
									"destination": [ "obj-24", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 19 ],
									"destination": [ "obj-24", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 20 ],
									"destination": [ "obj-25", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 20 ],
									"destination": [ "obj-25", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 21 ],
									"destination": [ "obj-26", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 21 ],
									"destination": [ "obj-26", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 22 ],
									"destination": [ "obj-27", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 22 ],
									"destination": [ "obj-27", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 23 ],
									"destination": [ "obj-28", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 23 ],
									"destination": [ "obj-28", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 24 ],
									"destination": [ "obj-29", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 24 ],
									"destination": [ "obj-29", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 25 ],
									"destination": [ "obj-30", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 25 ],
									"destination": [ "obj-30", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 26 ],
									"destination": [ "obj-31", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 26 ],
									"destination": [ "obj-31", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 27 ],
									"destination": [ "obj-32", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 27 ],
									"destination": [ "obj-32", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 28 ],
									"destination": [ "obj-33", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 28 ],
									"destination": [ "obj-33", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 29 ],
									"destination": [ "obj-34", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 29 ],
									"destination": [ "obj-34", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 30 ],
									"destination": [ "obj-35", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 30 ],
									"destination": [ "obj-35", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 31 ],
									"destination": [ "obj-36", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 31 ],
									"destination": [ "obj-36", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 32 ],
									"destination": [ "obj-37", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 32 ],
									"destination": [ "obj-37", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 33 ],
									"destination": [ "obj-38", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 33 ],
									"destination": [ "obj-38", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 34 ],
									"destination": [ "obj-39", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 34 ],
									"destination": [ "obj-39", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 35 ],
									"destination": [ "obj-40", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 35 ],
									"destination": [ "obj-40", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 36 ],
									"destination": [ "obj-41", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 36 ],
									"destination": [ "obj-41", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 37 ],
									"destination": [ "obj-42", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 37 ],
									"destination": [ "obj-42", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 38 ],
									"destination": [ "obj-43", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 38 ],
									"destination": [ "obj-43", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 39 ],
									"destination": [ "obj-44", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 39 ],
									"destination": [ "obj-44", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 40 ],
									"destination": [ "obj-45", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 40 ],
									"destination": [ "obj-45", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 41 ],
									"destination": [ "obj-46", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 41 ],
									"destination": [ "obj-46", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 42 ],
									"destination": [ "obj-47", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 42 ],
									"destination": [ "obj-47", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 43 ],
									"destination": [ "obj-48", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 43 ],
									"destination": [ "obj-48", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 44 ],
									"destination": [ "obj-49", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 44 ],
									"destination": [ "obj-49", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 45 ],
									"destination": [ "obj-50", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 45 ],
									"destination": [ "obj-50", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 46 ],
									"destination": [ "obj-51", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 46 ],
									"destination": [ "obj-51", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 47 ],
									"destination": [ "obj-52", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 47 ],
									"destination": [ "obj-52", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 48 ],
									"destination": [ "obj-53", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 48 ],
									"destination": [ "obj-53", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 49 ],
									"destination": [ "obj-54", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 49 ],
									"destination": [ "obj-54", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 50 ],
									"destination": [ "obj-55", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 50 ],
									"destination": [ "obj-55", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 51 ],
									"destination": [ "obj-56", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 51 ],
									"destination": [ "obj-56", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 52 ],
									"destination": [ "obj-57", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 52 ],
									"destination": [ "obj-57", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 53 ],
									"destination": [ "obj-58", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 53 ],
									"destination": [ "obj-58", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 54 ],
									"destination": [ "obj-59", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 54 ],
									"destination": [ "obj-59", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 55 ],
									"destination": [ "obj-60", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 55 ],
									"destination": [ "obj-60", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 56 ],
									"destination": [ "obj-61", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 56 ],
									"destination": [ "obj-61", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 57 ],
									"destination": [ "obj-62", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 57 ],
									"destination": [ "obj-62", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 58 ],
									"destination": [ "obj-63", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 58 ],
									"destination": [ "obj-63", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 59 ],
									"destination": [ "obj-64", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 59 ],
									"destination": [ "obj-64", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 60 ],
									"destination": [ "obj-65", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 60 ],
									"destination": [ "obj-65", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 61 ],
									"destination": [ "obj-66", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 61 ],
									"destination": [ "obj-66", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 62 ],
									"destination": [ "obj-67", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 62 ],
									"destination": [ "obj-67", 1 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-2", 63 ],
									"destination": [ "obj-68", 0 ],
									"order": 0
								}
							},
							{
								"patchline": {
									"source": [ "obj-4", 63 ],
									"destination": [ "obj-68", 1 ],
									"order": 0
								}
							}
						],
						"dependency_cache": [],
						"autosave": 0
					},
					"text": "p slots",
					"outlettype": []
				}
			},
			{
				"box": {
					"id": "obj-91",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 2,
					"patching_rect": [ 320, 820, 72, 22 ],
					"outlettype": [ "signal", "signal" ],
					"text": "plugin~"
				}
			},
			{
				"box": {
					"id": "obj-92",
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
					"id": "obj-93",
					"maxclass": "newobj",
					"numinlets": 3,
					"numoutlets": 1,
					"patching_rect": [ 320, 888, 192, 22 ],
					"outlettype": [ "signal" ],
					"text": "record~ ---patchwright"
				}
			},
			{
				"box": {
					"id": "obj-94",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"patching_rect": [ 320, 922, 232, 22 ],
					"outlettype": [ "", "" ],
					"text": "buffer~ ---patchwright 8000"
				}
			},
			{
				"box": {
					"id": "obj-95",
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
					"id": "obj-96",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 2,
					"patching_rect": [ 320, 990, 80, 22 ],
					"outlettype": [ "signal", "signal" ],
					"text": "plugout~"
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
					"source": [ "obj-4", 3 ],
					"destination": [ "obj-85", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-86", 0 ],
					"destination": [ "obj-87", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-87", 0 ],
					"destination": [ "obj-2", 0 ],
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
					"source": [ "obj-89", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-2", 2 ],
					"destination": [ "obj-90", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-2", 3 ],
					"destination": [ "obj-90", 1 ],
					"order": 1
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
					"source": [ "obj-91", 0 ],
					"destination": [ "obj-92", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-91", 1 ],
					"destination": [ "obj-92", 0 ],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 10 ],
					"destination": [ "obj-93", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-4", 12 ],
					"destination": [ "obj-94", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-94", 1 ],
					"destination": [ "obj-95", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-95", 0 ],
					"destination": [ "obj-2", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-91", 0 ],
					"destination": [ "obj-96", 0 ],
					"order": 0
				}
			},
			{
				"patchline": {
					"source": [ "obj-91", 1 ],
					"destination": [ "obj-96", 1 ],
					"order": 1
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
			"obj-86": [ "Press attach", "Press attach", 0 ],
			"obj-88": [ "Press push", "Press push", 0 ],
			"parameterbanks": {
				"0": {
					"index": 0,
					"name": "Macros",
					"parameters": [ "Macro 1", "Macro 2", "Macro 3", "Macro 4", "Macro 5", "Macro 6", "Macro 7", "Macro 8" ]
				}
			},
			"inherited_shortname": 1
		},
		"project": {
			"version": 1,
			"creationdate": 3850070400,
			"modificationdate": 3850070400,
			"viewrect": [ 0.0, 0.0, 300.0, 500.0 ],
			"autoorganize": 1,
			"hideprojectwindow": 1,
			"showdependencies": 1,
			"autolocalize": 0,
			"contents": {
				"patchers": {}
			},
			"layout": {},
			"searchpath": {},
			"detailsvisible": 0,
			"amxdtype": 1633771873,
			"readonly": 0,
			"devpathtype": 0,
			"devpath": ".",
			"sortmode": 0,
			"viewmode": 0,
			"includepackages": 0
		}
	}
}
