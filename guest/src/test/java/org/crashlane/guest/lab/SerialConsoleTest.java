// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SerialConsoleTest {
  private static final Duration PLENTY = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private SerialConsole console;
  private SocketChannel guest;

  @BeforeEach
  void connect() throws IOException {
    Path socket = directory.resolve("serial.sock");
    console = SerialConsole.listen(socket);
    guest = SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  @AfterEach
  void disconnect() throws IOException {
    guest.close();
    console.close();
  }

  @Test
  void lineIsFoundByItsNumber() throws IOException {
    print("one\r\ntwo\r\nthr");
    print("ee\n");
    assertEquals(2, console.await(Phase.BOOT, 0, "three"::equals, PLENTY));
    assertEquals(1, console.await(Phase.BOOT, 1, line -> line.startsWith("t"), PLENTY));
  }

  @Test
  void hostsWordReachesTheGuest() throws IOException {
    print("ready\n");
    console.await(Phase.BOOT, 0, "ready"::equals, PLENTY);
    console.send("go");
    ByteBuffer word = ByteBuffer.allocate(3);
    while (word.hasRemaining()) {
      guest.read(word);
    }
    assertEquals("go\n", StandardCharsets.US_ASCII.decode(word.flip()).toString());
  }

  @Test
  void timeOutNamesThePhaseAndQuotesTheLastLines() throws IOException {
    print("something\n");
    console.await(Phase.BOOT, 0, "something"::equals, PLENTY);
    LabException e =
        assertThrows(
            LabException.class,
            () -> console.await(Phase.CAPTURE, 0, "never"::equals, Duration.ofMillis(1)));
    assertEquals(Phase.CAPTURE, e.phase());
    assertTrue(e.getMessage().startsWith("writing the dump: not done after"), e.getMessage());
    assertTrue(e.getMessage().endsWith("\n  something"), e.getMessage());
  }

  @Test
  void guestThatEndsEndsTheWait() throws IOException {
    print("last words\n");
    guest.close();
    LabException e =
        assertThrows(
            LabException.class, () -> console.await(Phase.BOOT, 0, "never"::equals, PLENTY));
    assertTrue(e.getMessage().contains("the guest ended"), e.getMessage());
    assertTrue(e.getMessage().contains("last words"), e.getMessage());
  }

  @Test
  void firstReasonForTheEndCounts() {
    console.end("QEMU ended with status 1");
    console.end("the guest ended");
    LabException e =
        assertThrows(
            LabException.class, () -> console.await(Phase.BOOT, 0, "never"::equals, PLENTY));
    assertTrue(e.getMessage().contains("status 1"), e.getMessage());
  }

  private void print(String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.US_ASCII.encode(text);
    while (bytes.hasRemaining()) {
      guest.write(bytes);
    }
  }
}
