// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.crashlane.guest.lab.net.FrameSender.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FrameSenderTest {
  @TempDir private Path directory;

  @Test
  void aFrameHasItsLengthInFrontAndSaysWhenItWasSent() throws IOException {
    Path socket = directory.resolve("net.sock");
    try (FrameSender sender = FrameSender.listen(socket);
        SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      DataInputStream in = new DataInputStream(Channels.newInputStream(qemu));
      assertEquals(Time.ALIVE.mark(), timeOf(in));
      sender.enter(Time.DEAD);
      int time = timeOf(in);
      while (time != Time.DEAD.mark()) {
        time = timeOf(in);
      }
      timeOf(in);
      assertTrue(sender.sentCount(Time.DEAD) > 0);
      assertTrue(sender.sentCount(Time.ALIVE) > 0);
      assertEquals(0, sender.sentCount(Time.DYING));
    }
  }

  private static int timeOf(DataInputStream in) throws IOException {
    byte[] frame = in.readNBytes(in.readInt());
    ByteBuffer bytes = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    return bytes.getInt(frame.length - Integer.BYTES);
  }
}
