// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedLibrariesTest {

  @Test
  void librariesAndLoaderAreFoundAndTheKernelsOwnIsNot() throws IOException {
    String printed =
        """
        \tlinux-vdso.so.1 (0x00007f05bcbbb000)
        \tliblzo2.so.2 => /lib/x86_64-linux-gnu/liblzo2.so.2 (0x00007f05bcb1c000)
        \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f05bc858000)
        \t/lib64/ld-linux-x86-64.so.2 (0x00007f05bcbbd000)
        """;
    assertEquals(
        List.of(
            Path.of("/lib/x86_64-linux-gnu/liblzo2.so.2"),
            Path.of("/lib/x86_64-linux-gnu/libc.so.6"),
            Path.of("/lib64/ld-linux-x86-64.so.2")),
        SharedLibraries.parse(printed));
  }

  @Test
  void missingLibraryIsNamed() {
    IOException e =
        assertThrows(IOException.class, () -> SharedLibraries.parse("\tlibdw.so.1 => not found\n"));
    assertTrue(e.getMessage().contains("libdw.so.1"), e.getMessage());
  }
}
