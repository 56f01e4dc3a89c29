// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KernelSpecTest {
  @TempDir private Path directory;

  private static KernelSpec read(String text) {
    return KernelSpec.Reader.read(text);
  }

  @Test
  void numbersAreASeriesOrARelease() {
    assertEquals(new KernelSpec.Series("6.12"), read("6.12"));
    assertEquals(new KernelSpec.Release("6.1.0-50-amd64"), read("6.1.0-50-amd64"));
    assertEquals(
        new KernelSpec.Release("6.12.90+deb13.1-cloud-amd64"), read("6.12.90+deb13.1-cloud-amd64"));
  }

  @Test
  void aSuiteIsTakenByItsName() {
    assertEquals(new KernelSpec.Suite("trixie-backports"), read("trixie-backports"));
  }

  @Test
  void aFileIsAKernelUnlessItIsAPackage() throws IOException {
    Path image = Files.writeString(directory.resolve("6.12"), "x");
    assertEquals(new KernelSpec.Image(image, Optional.empty()), read(image.toString()));
    Path deb = Files.writeString(directory.resolve("linux-image.deb"), "x");
    assertEquals(new KernelSpec.Packages(List.of(deb)), read(deb.toString()));
    assertEquals(new KernelSpec.Packages(List.of(deb)), read(directory.toString()));
    assertEquals(
        new KernelSpec.Image(Path.of("/no/such/bzImage"), Optional.empty()),
        read("/no/such/bzImage"));
  }

  @Test
  void aDirectoryWithoutPackagesIsRefused() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> read(directory.toString()));
    assertTrue(refused.getMessage().contains("no .deb"), refused::getMessage);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "6", "woody", "6.12; rm", "6.12.*"})
  void whatIsNoneOfThemIsRefusedAndSaysWhatIsExpected(String text) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> read(text));
    assertTrue(
        refused.getMessage().contains("expected cloud, full, a series (6.12)"),
        refused::getMessage);
  }

  @Test
  void twoKernelsHaveTwoNamesInTheCache() {
    LabKernel series = new LabKernel(read("6.12"), KernelFlavour.CLOUD);
    assertEquals("6.12-cloud", series.key());
    assertEquals("6.12-full", series.in(KernelFlavour.FULL).key());
    assertEquals("linux-image-amd64", LabKernel.ofHost(KernelFlavour.FULL).key());
  }
}
