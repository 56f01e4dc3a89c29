// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.crashlane.model.spec.DeviceSpec;

/** What arrives at a receiver: bytes by device and place in the ring, so that drivers can check. */
public final class Packet {
  /** Stands for the statistics block in place of a place in the ring. */
  static final int STATISTICS_INDEX = -1;

  /** Stands for what firmware has a device write. */
  static final int FIRMWARE_INDEX = -2;

  private static final VarHandle LITTLE_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Packet() {}

  /**
   * Fills {@code into} from its start with the packet's bytes from {@code from} on.
   *
   * @param index the packet's place in the ring
   */
  public static void fill(DeviceSpec device, int index, byte[] into, int from, int length) {
    long salt = device.address().value() + ((long) index << Integer.SIZE);
    for (int i = 0; i < length; ) {
      int at = from + i;
      long word = Fingerprint.mix(salt + at / Long.BYTES);
      if (at % Long.BYTES == 0 && length - i >= Long.BYTES) {
        LITTLE_ENDIAN.set(into, i, word);
        i += Long.BYTES;
      } else {
        into[i++] = Page.byteAt(word, at);
      }
    }
  }
}
