// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RememberingOutputTest {

  private static Optional<String> lossAfter(String... failures) {
    OutputStream failing =
        new OutputStream() {
          private int count;

          @Override
          public void write(int b) throws IOException {
            throw new IOException(failures[count++]);
          }
        };
    RememberingOutput out = new RememberingOutput(failing);
    PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
    for (int i = 0; i < failures.length; i++) {
      writer.println("text");
    }
    return out.loss();
  }

  @Test
  void fullDiskIsALoss() {
    assertEquals(Optional.of("No space left on device"), lossAfter("No space left on device"));
  }

  @Test
  void readerThatHadEnoughIsNone() {
    assertEquals(Optional.empty(), lossAfter("Broken pipe"));
  }

  @Test
  void whatWasWrittenIsPassedOn() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (RememberingOutput out = new RememberingOutput(bytes)) {
      out.write('a');
      out.write(new byte[] {'b', 'c'});
      assertEquals(Optional.empty(), out.loss());
    }
    assertArrayEquals(new byte[] {'a', 'b', 'c'}, bytes.toByteArray());
  }
}
