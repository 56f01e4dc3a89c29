// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a kernel's file says of itself. */
final class KernelFinderTest {
  private static final int VERSION_AT = 0x3400;

  @TempDir private Path directory;

  private Path image(int magic, int pointer, String version) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(0x4000).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(0x202, magic).putShort(0x20e, (short) pointer);
    head.put(VERSION_AT, version.getBytes(StandardCharsets.ISO_8859_1));
    return Files.write(directory.resolve("bzImage"), head.array());
  }

  @Test
  void theReleaseIsTheFirstWordOfTheVersion() throws IOException {
    Path file =
        image(0x53726448, VERSION_AT - 0x200, "6.19.0-rc3+ (me@host) #1 SMP PREEMPT_DYNAMIC\0");
    assertEquals("6.19.0-rc3+", KernelFinder.release(file));
  }

  @ParameterizedTest
  @CsvSource({
    "0x53726449, 0x3200, 6.1.0",
    "0x53726448, 0x0, 6.1.0",
    "0x53726448, 0xfff0, 6.1.0",
    "0x53726448, 0x3200, ../../etc",
    "0x53726448, 0x3200, ''",
    "0x53726448, 0x3200, /etc",
  })
  void whatIsNoKernelOrHasNoReleaseIsRefused(String magic, String pointer, String version)
      throws IOException {
    Path file = image(Integer.decode(magic), Integer.decode(pointer), version);
    assertThrows(PartsUnavailableException.class, () -> KernelFinder.release(file));
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Path file = Files.createFile(directory.resolve("empty"));
    assertThrows(PartsUnavailableException.class, () -> KernelFinder.release(file));
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    PartsUnavailableException refused =
        assertThrows(
            PartsUnavailableException.class,
            () -> KernelFinder.release(directory.resolve("bzImage")));
    assertTrue(refused.getMessage().contains("bzImage: no such file"), refused::getMessage);
  }

  @Test
  void modulesOfAnotherReleaseAreRefused() throws IOException {
    Path file = image(0x53726448, VERSION_AT - 0x200, "6.19.0 (me)\0");
    Files.createDirectories(directory.resolve("tree/lib/modules/6.18.0"));
    LabKernel kernel =
        new LabKernel(
            new KernelSpec.Image(file, Optional.of(directory.resolve("tree"))), KernelFlavour.FULL);
    KernelFinder finder = new KernelFinder(Cache.in(directory.resolve("cache")), Set.of(), _ -> {});
    assertThrows(PartsUnavailableException.class, () -> finder.find(kernel));
  }

  @Test
  void aKernelWithAllBuiltInIsKeptAsItIs() throws IOException {
    Path file = image(0x53726448, VERSION_AT - 0x200, "6.19.0 (me)\0");
    LabKernel kernel =
        new LabKernel(new KernelSpec.Image(file, Optional.empty()), KernelFlavour.FULL);
    Kernel kept =
        new KernelFinder(Cache.in(directory.resolve("cache")), Set.of(), _ -> {}).find(kernel);
    assertEquals("6.19.0", kept.release());
    assertEquals(-1, Files.mismatch(file, kept.image()));
    assertEquals(0, kept.diskModules().size());
  }
}
