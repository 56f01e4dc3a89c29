// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.model.spec.DeviceSpec;

/** What arrives at a receiver: bytes by device and place in the ring, so that drivers can check. */
public final class Packet {
  /** Stands for the statistics block in place of a place in the ring. */
  static final int STATISTICS_INDEX = -1;

  private Packet() {}

  /** Fills {@code into} with the packet's bytes from {@code from} on. */
  public static void fill(DeviceSpec device, int index, byte[] into, int from, int length) {
    for (int i = 0; i < length; i++) {
      into[i] = byteAt(device, index, from + i);
    }
  }

  /** {@return one byte of the packet} */
  public static byte byteAt(DeviceSpec device, int index, int at) {
    long word =
        Fingerprint.mix(
            device.address().value() + ((long) index << Integer.SIZE) + at / Long.BYTES);
    return Page.byteAt(word, at);
  }
}
