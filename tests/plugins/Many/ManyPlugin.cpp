// A voice on ten outputs, as drum machines and samplers have: output n plays at 1/n of the level.
// The level follows its parameter with a time constant of 50 ms, as in many synths.

#include "DistrhoPlugin.hpp"

#include <cmath>

START_NAMESPACE_DISTRHO

enum { Unused, Level, Octave, Count }; // the first one is dead: see FaultyPlugin.cpp

static const char* const names[Count] = {"Unused", "Level", "Octave"};

class Many : public Plugin {
    float values[Count] = {0, 1, 0};
    double level = 1, phase = 0, frequency = 0, velocity = 0;

public:
    Many() : Plugin(Count, 0, 0) {}

protected:
    const char* getLabel() const override { return "Many"; }
    const char* getMaker() const override { return "patchwright"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('P', 'w', 'M', 'y'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        parameter.hints = kParameterIsAutomatable;
        parameter.name = parameter.symbol = names[index];
        parameter.ranges = ParameterRanges(values[index], 0, 1);
    }

    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override { values[index] = value; }

    void run(const float**, float** outputs, uint32_t frames,
             const MidiEvent* events, uint32_t eventCount) override {
        const double pole = std::exp(-1 / (.05 * getSampleRate()));
        for (uint32_t frame = 0, event = 0; frame < frames; ++frame) {
            for (; event < eventCount && events[event].frame <= frame; ++event)
                play(events[event].data);
            level = values[Level] + pole * (level - values[Level]);
            const double wave = .5 * level * velocity * std::sin(2 * M_PI * phase);
            for (int i = 0; i < DISTRHO_PLUGIN_NUM_OUTPUTS; ++i) outputs[i][frame] = wave / (i + 1);
            phase = std::fmod(phase + (1 + values[Octave]) * frequency / getSampleRate(), 1);
        }
    }

private:
    void play(const uint8_t* message) {
        const bool isOn = (message[0] & 0xf0) == 0x90 && message[2] > 0;
        if (isOn) frequency = 440 * std::exp2((message[1] - 69) / 12.);
        if (isOn || (message[0] & 0xf0) == 0x80) velocity = isOn ? message[2] / 127. : 0;
    }
};

Plugin* createPlugin() { return new Many; }

END_NAMESPACE_DISTRHO
