// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointerTest {
  private static final Pointer CLOUD = new Pointer("5a", "6.1-cloud", "1", "lab-6.1-cloud_1_5a");
  private static final Pointer FULL = new Pointer("5b", "6.1", "1", "lab-6.1_1_5b");

  @TempDir private Path directory;

  @Test
  void whatWasWrittenIsReadBack() throws IOException {
    Cache cache = Cache.in(directory);
    Path file = Pointer.file(cache, LabKernel.ofHost(KernelFlavour.CLOUD));
    assertEquals(Optional.empty(), Pointer.read(file));
    CLOUD.write(cache, file);
    assertEquals(Optional.of(CLOUD), Pointer.read(file));
  }

  @Test
  void aPointerOfAnotherShapeSaysNothing() throws IOException {
    Path file = Files.writeString(directory.resolve("current-x"), "5a\n6.1\n");
    assertEquals(Optional.empty(), Pointer.read(file));
  }

  @Test
  void theEntriesOfAllFlavoursAreNeeded() throws IOException {
    Cache cache = Cache.in(directory);
    CLOUD.write(cache, Pointer.file(cache, LabKernel.ofHost(KernelFlavour.CLOUD)));
    FULL.write(cache, Pointer.file(cache, LabKernel.ofHost(KernelFlavour.FULL)));
    assertEquals(
        Set.of(
            "lab-6.1-cloud_1_5a",
            "kernel-6.1-cloud_1",
            "headers-6.1-cloud_1",
            "lab-6.1_1_5b",
            "kernel-6.1_1",
            "headers-6.1_1"),
        Pointer.allEntries(directory));
  }
}
