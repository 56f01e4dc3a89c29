// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DumpSinkTest {
  @TempDir private Path directory;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream stream = new DataOutputStream(bytes);

  @Test
  void recordsAreWrittenWhereTheyBelong() throws IOException {
    begin();
    record(4, "behind");
    record(0, "head");
    end();
    assertEquals("headbehind", unflattened());
  }

  @Test
  void aStreamThatIsCutLeavesWhatCameBefore() throws IOException {
    begin();
    record(0, "head");
    stream.writeLong(4);
    stream.writeLong(100);
    assertThrows(IOException.class, this::unflattened);
    assertEquals("head", Files.readString(file()));
  }

  @Test
  void whatIsNoSuchStreamIsRefused() throws IOException {
    stream.write(new byte[5000]);
    assertThrows(IOException.class, this::unflattened);
    assertEquals(0, Files.size(file()));
  }

  @Test
  void aRecordBeyondWhatADumpMayHaveIsRefused() throws IOException {
    begin();
    stream.writeLong(1L << 40);
    stream.writeLong(4);
    stream.writeInt(0);
    assertThrows(IOException.class, this::unflattened);
    begin();
    stream.writeLong(0);
    stream.writeLong(-4);
    assertThrows(IOException.class, this::unflattened);
  }

  @Test
  void whatComesByTheSocketIsInTheFileWhenQemuHasEnded() throws IOException {
    begin();
    record(0, "head");
    end();
    Path socket = directory.resolve("net.sock");
    try (DumpSink sink = DumpSink.listen(socket, file())) {
      try (SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        qemu.write(ByteBuffer.wrap(bytes.toByteArray()));
      }
      sink.awaitEnd();
    }
    assertArrayEquals("head".getBytes(StandardCharsets.UTF_8), Files.readAllBytes(file()));
  }

  private void begin() throws IOException {
    bytes.reset();
    byte[] header = new byte[4096];
    byte[] signature = "makedumpfile".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(signature, 0, header, 0, signature.length);
    stream.write(header);
  }

  private void record(long at, String text) throws IOException {
    stream.writeLong(at);
    stream.writeLong(text.length());
    stream.writeBytes(text);
  }

  private void end() throws IOException {
    stream.writeLong(-1);
    stream.writeLong(-1);
  }

  private Path file() {
    return directory.resolve("received");
  }

  private String unflattened() throws IOException {
    try (FileChannel out =
        FileChannel.open(file(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      DumpSink.unflatten(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), out);
    }
    return Files.readString(file());
  }
}
