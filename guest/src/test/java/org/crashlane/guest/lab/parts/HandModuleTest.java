// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandModuleTest {
  @TempDir private Path directory;

  @Test
  void theHeadersAreFoundWhereverTheCacheIs() throws IOException {
    Path makefile =
        Files.writeString(
            directory.resolve("Makefile"), "include /usr/src/linux-headers-6.1-common/Makefile\n");
    HandModule.includeFromBeside(makefile);
    assertEquals(
        "include $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-6.1-common/Makefile\n",
        Files.readString(makefile));
  }

  @Test
  @Tag("lab")
  void aModuleThatCannotBeBuiltLeavesOutTheInsideHandAlone() throws IOException {
    Files.writeString(directory.resolve("main.c"), "#error no good\n");
    Files.writeString(
        directory.resolve("Makefile"), "obj-m := crashlane_arm.o\ncrashlane_arm-y := main.o\n");
    List<String> said = new ArrayList<>();
    LabParts parts;
    try {
      parts =
          Parts.inUsersCache(said::add)
              .prepare(
                  Set.of(LabKernel.ofHost(KernelFlavour.CLOUD)), Set.of(), Optional.of(directory));
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
    KernelParts kernel = parts.kernel(LabKernel.ofHost(KernelFlavour.CLOUD));
    assertTrue(Files.exists(kernel.image()) && Files.exists(kernel.systemArchive()));
    assertEquals(Optional.empty(), kernel.handModule());
    assertTrue(said.getLast().contains("is left out: "), said.getLast());
    assertTrue(said.getLast().contains("error: #error no good"), said.getLast());
  }
}
