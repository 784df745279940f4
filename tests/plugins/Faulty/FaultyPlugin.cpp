// One decaying voice with every fault that a renderer must survive, each behind a parameter.

#include "DistrhoPlugin.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <unistd.h>

START_NAMESPACE_DISTRHO

// The dead control comes first: a host is told that this one is at 0, whatever its value (DPF takes
// it for the last of its MIDI pseudo-parameters).
enum { Unused, Level, Wave, Gain, Random, Fault, Count };

static const struct {
    const char* name;
    float max, def;
    uint32_t hints;
} parameters[Count] = {
    {"Unused", 1, 0, 0}, // read nowhere
    {"Level", 1, .5f, 0},
    {"Wave", 2, 0, kParameterIsInteger},
    {"Gain", 1, 0, 0},                     // up to +6 dB; above 0.9 the output runs away to +60 dB
    {"Random", 1, 0, kParameterIsBoolean}, // no two notes alike, not even in a fresh process
    {"Fault", 9, 0, kParameterIsInteger},  // what a note-on sets off: see misbehave()
};

class Faulty : public Plugin {
    float values[Count];
    // Neither ever starts over, so that a render depends on the one before it.
    double phase = 0, amplitude = 0;
    double frequency = 0;

public:
    Faulty() : Plugin(Count, 0, 0) {
        for (int i = 0; i < Count; ++i) values[i] = parameters[i].def;
    }

protected:
    const char* getLabel() const override { return "Faulty"; }
    const char* getMaker() const override { return "patchwright"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('P', 'w', 'F', 'y'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        parameter.hints = kParameterIsAutomatable | parameters[index].hints;
        parameter.name = parameter.symbol = parameters[index].name;
        parameter.ranges = ParameterRanges(parameters[index].def, 0, parameters[index].max);
        if (index == Wave) {
            parameter.enumValues.count = 3;
            parameter.enumValues.restrictedMode = true;
            parameter.enumValues.values = new ParameterEnumerationValue[3]{
                {0, "Sine"}, {1, "Square"}, {2, "Saw"}}; // DPF deletes it
        }
    }

    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override { values[index] = value; }

    void run(const float**, float** outputs, uint32_t frames,
             const MidiEvent* events, uint32_t eventCount) override {
        const double decay = std::exp(-2.0 / getSampleRate()); // a time constant of half a second
        const float gain = values[Level] * (values[Gain] > .9f ? 1000 : 1 + values[Gain]);
        for (uint32_t frame = 0, event = 0; frame < frames; ++frame) {
            for (; event < eventCount && events[event].frame <= frame; ++event)
                if ((events[event].data[0] & 0xf0) == 0x90 && events[event].data[2] > 0)
                    noteOn(events[event].data[1], events[event].data[2]);
            const double wave = values[Wave] < .5f    ? std::sin(2 * M_PI * phase)
                                : values[Wave] < 1.5f ? (phase < .5 ? 1 : -1)
                                                      : 2 * phase - 1;
            outputs[0][frame] = outputs[1][frame] = gain * amplitude * wave;
            amplitude *= decay;
            phase = std::fmod(phase + frequency / getSampleRate(), 1);
        }
    }

private:
    void noteOn(int note, int velocity) {
        frequency = 440 * std::exp2((note - 69) / 12.);
        amplitude = velocity / 127.;
        if (values[Random] > .5f) phase = std::random_device()() / 4294967296.;
        misbehave(int(values[Fault] + .5f));
    }

    void misbehave(int fault) {
        // volatile keeps what has no effect of its own: a compiler may drop it otherwise.
        static volatile char* volatile nowhere = nullptr;
        switch (fault) {
        case 1: *nowhere = 1; break; // SIGSEGV
        case 2: std::exit(0);
        case 3: std::exit(3);
        case 4: for (;;) nowhere = nullptr; // hangs and burns a core
        case 5: for (;;) pause();           // hangs and uses nothing
        case 6:                             // eats all memory, a page at a time
            for (;;) {
                nowhere = new char[1 << 20];
                for (int i = 0; i < 1 << 20; i += 4096) nowhere[i] = 1;
            }
        case 7: // 64 MiB on each stream, then plays on: a pipe that nobody reads stops it
            for (int line = 0; line < 1 << 16; ++line) {
                std::printf("%1023d\n", line);
                std::fprintf(stderr, "%1023d\n", line);
            }
            break;
        case 8: amplitude = NAN; break; // until the next note
        case 9: std::abort();
        }
    }
};

Plugin* createPlugin() { return new Faulty; }

END_NAMESPACE_DISTRHO
