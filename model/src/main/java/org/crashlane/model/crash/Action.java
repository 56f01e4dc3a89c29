// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Locale;
import org.crashlane.bits.BitField;
import org.crashlane.model.spec.MachineSpec;

/**
 * What may happen next, in an {@code int}: an explorer looks at millions. Written {@code post:nic},
 * {@code panic}.
 */
public final class Action {
  private static final BitField DEVICE = BitField.bits("device", 15, 0);
  private static final BitField VARIANT = BitField.bits("variant", 23, 16);
  private static final BitField KIND = BitField.bits("kind", 31, 24);
  private static final Kind[] KINDS = Kind.values();

  private Action() {}

  /** What happens. */
  public enum Kind {
    /** A driver of the primary maps a buffer and gives its device a command. */
    POST(0, true),
    /** A driver takes back the oldest command that is done, and unmaps its buffer. */
    REAP(1, true),
    /** A device fetches a command, or carries it out. */
    STEP(2, true),
    /** A receiver writes its statistics. */
    REPORT(3, true),
    /** The primary looks for errors of its IOMMU. */
    WATCHDOG(4, false),
    /** The primary is armed. */
    ARM(5, false),
    /** The primary panics; the capture kernel starts. */
    PANIC(6, false),
    /** The capture kernel takes its next step. */
    CAPTURE(7, false),
    /** A device writes to memory that firmware has it use. */
    FIRMWARE(8, true);

    private final int code;
    private final boolean ofDevice;

    Kind(int code, boolean ofDevice) {
      this.code = code;
      this.ofDevice = ofDevice;
    }
  }

  static int of(Kind kind, int device, int variant) {
    return (int) (KIND.of(kind.code) | DEVICE.of(device) | VARIANT.of(variant));
  }

  static int of(Kind kind) {
    return of(kind, 0, 0);
  }

  /** {@return what happens} */
  public static Kind kind(int action) {
    return KINDS[(int) KIND.get(action)];
  }

  /** {@return to which device, by its place in the machine's list} */
  static int device(int action) {
    return (int) DEVICE.get(action);
  }

  /** {@return which kind of buffer is posted} */
  static int variant(int action) {
    return (int) VARIANT.get(action);
  }

  /** {@return as users write it} */
  public static String text(int action, MachineSpec machine) {
    Kind kind = kind(action);
    String verb = verb(kind, variant(action));
    return kind.ofDevice ? verb + ":" + machine.devices().get(device(action)).name() : verb;
  }

  private static String verb(Kind kind, int variant) {
    String name = kind.name().toLowerCase(Locale.ROOT);
    return variant == 0 ? name : name + variant;
  }

  /**
   * Reads what {@link #text} writes.
   *
   * @throws IllegalArgumentException saying what is wrong with {@code text}
   */
  public static int parse(String text, MachineSpec machine) {
    int colon = text.indexOf(':');
    String verb = colon < 0 ? text : text.substring(0, colon);
    for (Kind kind : KINDS) {
      int variants = kind == Kind.POST ? Driver.VARIANT_COUNT : 1;
      for (int variant = 0; variant < variants; variant++) {
        if (verb.equalsIgnoreCase(verb(kind, variant)) && kind.ofDevice == colon >= 0) {
          int device = colon < 0 ? 0 : index(text.substring(colon + 1), machine);
          return of(kind, device, variant);
        }
      }
    }
    throw new IllegalArgumentException(
        "not an action: '"
            + text
            + "' (expected post:DEVICE, post1:DEVICE to post"
            + (Driver.VARIANT_COUNT - 1)
            + ":DEVICE, reap:DEVICE, step:DEVICE, report:DEVICE, firmware:DEVICE, watchdog, arm,"
            + " panic or capture)");
  }

  private static int index(String device, MachineSpec machine) {
    for (int i = 0; i < machine.devices().size(); i++) {
      if (machine.devices().get(i).name().equals(device)) {
        return i;
      }
    }
    throw new IllegalArgumentException("the machine has no device '" + device + "'");
  }
}
