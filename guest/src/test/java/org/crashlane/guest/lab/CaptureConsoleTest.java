// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureConsoleTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[    1.79] Kernel panic - not syncing: System is deadlocked on memory",
        "[    4.10] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled",
        "@crashlane message [    5.02] Out of memory: Killed process 77 (makedumpfile)",
        "[    0.93] Initramfs unpacking failed: write error",
        "@crashlane makedumpfile 1 Can't allocate memory for the bitmap. Cannot allocate memory"
      })
  void memoryThatRanOutIsRecognised(String line) {
    CaptureConsole console = new CaptureConsole(List.of("[    0.0] Linux version", line));
    Quote quoted = console.outOfMemory().orElseThrow();
    assertTrue(line.endsWith(quoted.line()), quoted.line());
    assertEquals(quoted, console.explanation().getFirst());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Kernel panic - not syncing: timer doesn't work through Interrupt-remapped IO-APIC",
        "nvme nvme0: I/O 12 QID 0 timeout, completion polled",
        "swapper/0: page allocation failure: order:10, mode:0xcc1(GFP_KERNEL|GFP_DMA)",
        "nvme nvme0: Device not ready; aborting initialisation, CSTS=0x0",
        "DMAR: DRHD: handling fault status reg 2",
        "AMD-Vi: Event logged [IO_PAGE_FAULT device=00:02.0 address=0x2e000000]"
      })
  void whatIsNotForWantOfMemoryIsQuotedAndNotTakenForIt(String line) {
    CaptureConsole console = new CaptureConsole(List.of("[    7.123456] " + line, "other"));
    assertEquals(Optional.empty(), console.outOfMemory());
    assertEquals(List.of(new Quote(Source.CAPTURE_KERNEL, line)), console.explanation());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[    0.000000] Command line: nvme_core.io_timeout=5 libata.ata_probe_timeout=2",
        "[    0.021000] Kernel command line: nvme_core.io_timeout=5",
        "@crashlane message [    0.02] Unknown kernel command line parameters \"io_timeout=5\""
      })
  void theNamesOfOptionsExplainNothing(String line) {
    assertEquals(
        List.of(new Quote(Source.CONSOLE_END, "last")),
        new CaptureConsole(List.of(line, "last")).explanation());
  }

  @Test
  void whatWeighsMostComesFirst() {
    CaptureConsole console =
        new CaptureConsole(
            List.of(
                "nvme nvme0: I/O 1 QID 0 timeout",
                "BUG: kernel NULL pointer dereference, address: 0x10",
                "Out of memory: Killed process 9 (sh)"));
    assertEquals(
        List.of("Out of memory: Killed process 9 (sh)", "BUG: kernel NULL", "nvme nvme0: I/O 1"),
        console.explanation().stream()
            .map(said -> ((Quote) said).line())
            .map(line -> line.startsWith("BUG") ? "BUG: kernel NULL" : line)
            .map(line -> line.startsWith("nvme") ? "nvme nvme0: I/O 1" : line)
            .toList());
  }

  @Test
  void linesThatDifferInNumbersAloneAreQuotedOnceAndManyAreCut() {
    Stream<String> same =
        IntStream.range(0, 1000).mapToObj(i -> "nvme nvme0: I/O " + i + " QID 0 timeout");
    assertEquals(1, new CaptureConsole(same.toList()).explanation().size());
    List<String> different =
        Stream.of("timeout", "BUG: ", "nobody cared", "DMAR: fault", "Out of memory")
            .flatMap(what -> Stream.of("alpha " + what, "beta " + what, "gamma " + what))
            .toList();
    assertEquals(5, new CaptureConsole(different).explanation().size());
  }

  @Test
  void whatExplainsNothingIsShownByItsEnd() {
    CaptureConsole console = new CaptureConsole(List.of("one", "two", "three", "four", ""));
    assertEquals(
        Stream.of("two", "three", "four").map(line -> new Quote(Source.CONSOLE_END, line)).toList(),
        console.explanation());
    assertEquals(
        List.of(Fact.CAPTURE_KERNEL_SILENT), new CaptureConsole(List.of("", " ")).explanation());
  }

  @Test
  void hostileLinesAreCutAndHarmless() {
    CaptureConsole console = new CaptureConsole(List.of("\u001b[2JBUG: " + "x".repeat(70_000)));
    String line = ((Quote) console.explanation().getFirst()).line();
    assertTrue(line.length() < 300, () -> "" + line.length());
    assertFalse(line.contains("\u001b"));
  }
}
