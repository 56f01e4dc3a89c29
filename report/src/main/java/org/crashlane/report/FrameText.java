// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.stream.Collectors;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Frames.Astray;

/** What became of a network card's frames, for people. */
final class FrameText {
  private static final int PLACES_MAX = 3;

  private FrameText() {}

  /** {@return where they went, in one line} */
  static String of(Frames frames) {
    String sent =
        "%,d sent to %s while the capture kernel ran: "
            .formatted(frames.sentCount(), frames.card());
    if (!frames.isSeen()) {
      return sent + "none is in the dead kernel's memory; whether any got through is not known";
    }
    String mapped = "%,d bytes in pages that are mapped for it".formatted(frames.mappedBytes());
    return frames.astray().isEmpty()
        ? sent + mapped + ", none in other memory of the dead kernel"
        : sent + mapped + "; " + astray(frames);
  }

  private static String astray(Frames frames) {
    int more = frames.astray().size() - PLACES_MAX;
    return "%,d bytes OVERWROTE other memory of the dead kernel: ".formatted(frames.astrayBytes())
        + frames.astray().stream()
            .limit(PLACES_MAX)
            .map(FrameText::place)
            .collect(Collectors.joining(", "))
        + (more > 0 ? " and %,d more places".formatted(more) : "");
  }

  private static String place(Astray astray) {
    return "%s (%,d bytes, first: %s)"
        .formatted(
            astray.pages(), astray.bytes(), astray.sample().replaceAll("(.{8})(?=.)", "$1 "));
  }
}
