#pragma once

#define DISTRHO_PLUGIN_BRAND       "patchwright"
#define DISTRHO_PLUGIN_NAME        "Many"
#define DISTRHO_PLUGIN_URI         "urn:patchwright:many"
#define DISTRHO_PLUGIN_CLAP_ID     "patchwright.many"
#define DISTRHO_PLUGIN_HAS_UI      0
#define DISTRHO_PLUGIN_IS_RT_SAFE  1
#define DISTRHO_PLUGIN_IS_SYNTH    1
#define DISTRHO_PLUGIN_NUM_INPUTS  0
#define DISTRHO_PLUGIN_NUM_OUTPUTS 10
