"""Sound: any recording to 16 kHz samples of each channel, where there is speech, and how good it sounds."""
