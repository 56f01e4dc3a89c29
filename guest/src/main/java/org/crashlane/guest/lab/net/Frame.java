// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.crashlane.guest.lab.net.FrameSender.Time;

/**
 * A frame that is known again in memory: a broadcast whose payload is one mark over and over, which
 * is 8 bytes of text, when it was sent, and its number.
 */
final class Frame {
  /** Bytes of one mark. */
  static final int MARK_BYTES = 16;

  private static final long TEXT =
      ByteBuffer.wrap("crshlane".getBytes(StandardCharsets.US_ASCII))
          .order(ByteOrder.LITTLE_ENDIAN)
          .getLong();

  /** IEEE 802: for experiments, which no kernel has a protocol for. */
  private static final short ETHER_TYPE = (short) 0x88b5;

  private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
  private static final byte[] SENDER = {0x52, 0x54, 0, 'h', 's', 't'};
  private static final int HEADER_BYTES = 14;
  private static final int MARK_COUNT = 15;

  private Frame() {}

  /** {@return a frame with its length in front} */
  static ByteBuffer of(Time time, long number) {
    int sizeBytes = HEADER_BYTES + MARK_COUNT * MARK_BYTES;
    ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + sizeBytes).putInt(sizeBytes);
    frame.put(BROADCAST).put(SENDER).putShort(ETHER_TYPE).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MARK_COUNT; i++) {
      frame.putLong(TEXT).putInt((int) number).putInt(time.mark());
    }
    return frame.flip();
  }

  /** {@return true if a mark of {@code time} begins at {@code at}; {@code bytes} are ordered} */
  static boolean isMark(ByteBuffer bytes, int at, Time time) {
    return bytes.getLong(at) == TEXT && bytes.getInt(at + MARK_BYTES - 4) == time.mark();
  }
}
