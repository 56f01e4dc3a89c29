// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

/**
 * Where what is said of a machine is from.
 *
 * @param kind how far it can be relied on
 * @param place the file, table, command or option; empty for what is assumed
 */
public record Source(Kind kind, String place) {

  /** Kinds of sources. */
  public enum Kind {
    /** Somebody said so. */
    GIVEN,
    /** The machine, its kernel or its firmware says so. */
    READ,
    /** Nothing says so; most machines are so. */
    ASSUMED
  }

  /** What is said of a machine. */
  public enum Aspect {
    MEMORY,
    ENCRYPTION,
    CRASH_RANGES,
    UNITS,
    DEVICES,
    DMA_MASKS,
    DUMP_PATH,
    FIRMWARE_REGIONS,
    PROCESSORS,
    CAPTURE_NEEDS
  }

  /** {@return a source that somebody named} */
  public static Source given(String place) {
    return new Source(Kind.GIVEN, place);
  }

  /** {@return a source that was read} */
  public static Source read(String place) {
    return new Source(Kind.READ, place);
  }

  /** {@return none: what most machines are like} */
  public static Source assumed() {
    return new Source(Kind.ASSUMED, "");
  }
}
