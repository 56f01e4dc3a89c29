// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RehearseModelTest {
  /** Small enough that a crash takes no time. */
  static final String SMALL =
      """
      name: small
      summary: a page here and there
      ram: [0x0-0xffffff, 0x100000000-0x1000fffff]
      crash: [{at: 0x800000, size: 4M}]
      mapping: {mode: nommu}
      devices:
        - {name: disk, address: 01:00.0, kind: storage, dump-path: true, driver-resets: true}
        - {name: nic, address: 02:00.0, kind: receiver}
      """;

  @TempDir private Path folder;

  private String machine(String text) throws Exception {
    return Files.writeString(folder.resolve("box.yaml"), text).toString();
  }

  @Test
  void oneMachineAndStrategyEndsWithItsVerdict() throws Exception {
    Run run = Run.of("rehearse", machine(SMALL), "--strategy", "identity");
    assertEquals("", run.err());
    assertEquals(0, run.code());
    assertTrue(
        run.out().contains("\nRESULT    ok  dump complete, in all of 10 seeds\n"), run.out());
    assertTrue(run.out().contains("\nRULE      HOLDS\n"), run.out());
    Run verbose = Run.of("rehearse", machine(SMALL), "--strategy", "identity", "-v");
    assertTrue(verbose.out().contains("\nHOLDS  nothing found\n"), verbose.out());
  }

  @Test
  void crashRangeBeyondTheDiskEndsWithOne() throws Exception {
    String beyond =
        SMALL
            .replace("{at: 0x800000, size: 4M}", "0x100000000-0x1000fffff")
            .replace("dump-path", "dma-mask: 32, dump-path");
    Run run = Run.of("rehearse", machine(beyond), "--strategy", "none");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("RESULT    LOST  no dump"), run.out());
    assertTrue(run.out().contains("BROKEN  B1 D1"), run.out());
  }

  @Test
  void sameSeedGivesTheSameBytes() throws Exception {
    String[] args = {
      "rehearse", machine(SMALL), "--strategy", "none,reset", "--runs", "3", "--json"
    };
    Run first = Run.of(args);
    assertEquals(0, first.code());
    assertEquals(first, Run.of(args));
    assertTrue(first.out().contains("\"runCount\" : 3"), first.out());
  }

  @Test
  void matrixEndsWithZeroWhereIdentityHolds() throws Exception {
    Run run = Run.of("rehearse", machine(SMALL));
    assertEquals(0, run.code());
    assertTrue(
        run.out().startsWith("machine  none  reserve  identity  adopt     off  abort  reset\n"),
        run.out());
    assertTrue(run.out().contains("ANSWER identity (the rule): good on 1 of 1\n"), run.out());
  }

  /** The screen that a newcomer sees: one of 80 columns, the answer at the end. */
  @Test
  void theDefaultFitsOneScreen() throws Exception {
    Run run = Run.narrow(80, "rehearse");
    assertEquals(0, run.code(), run.err());
    run.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
    Golden.check("rehearse.txt", run.out());
  }

  /**
   * Mainline's dump is whole and the rule broken: the one decides unless the other is asked for.
   */
  @Test
  void theOutcomeDecidesUnlessTheRuleIsToCount() {
    assertEquals(0, Run.of("rehearse", "vtd", "--strategy", "adopt", "--seed", "1").code());
    assertEquals(
        1,
        Run.of("rehearse", "vtd", "--strategy", "adopt", "--seed", "1", "--fail-on", "rule")
            .code());
    assertEquals(1, Run.of("rehearse", "snp-copy", "--strategy", "adopt", "--seed", "1").code());
  }

  @Test
  void traceIsALineForEachEventAndTheSameAgain() throws Exception {
    String[] args = {"rehearse", machine(SMALL), "--strategy", "none", "--trace"};
    Run run = Run.of(args);
    assertEquals(run, Run.of(args));
    assertTrue(run.out().lines().findFirst().orElseThrow().matches("[0-9]+ .*"), run.out());
    assertTrue(run.out().contains("panic"), run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--hand inside|--hand is for --stage qemu, and this is --stage model",
        "--stage qemu --seed 3|--seed is for --stage model, and this is --stage qemu",
        "--stage qemu vtd|MACHINE vtd is for --stage model, and this is --stage qemu",
        "--stage qemu --strategy reset|--strategy reset needs --stage model",
        "--stage qemu --mapping gart|--mapping gart: QEMU has no such IOMMU (it has vtd and amdvi)",
        "--stage qemu --mapping amdvi --kernel cloud|Debian's cloud kernel has no driver for AMD-Vi",
        "--stage qemu --mapping amdvi --capture cloud|--strategy adopt needs a capture kernel",
        "--intremap on|--intremap is for --stage qemu, and this is --stage model",
        "--stage qem|did you mean 'qemu'?",
        "--strategy identiy|did you mean 'identity'?",
        "--mapping nommu,gar|'gar' is unknown: there are nommu, swiotlb, gart, calgary, vtd, amdvi",
        "--kernel clod --stage qemu|'clod' is no kernel: expected cloud, full, a series (6.12)",
        "vdt|'vdt' is neither a file nor a built-in machine",
        "none.yaml|none.yaml: no such file",
        "vtd --mapping gart|--mapping leaves none of the machines named",
        "--runs 0|--runs 0: expected 1 to 100,000",
        "--seed x|'x': expected a whole number",
        "--runs 12345678901234|'12345678901234': expected a whole number of at most 2,147,483,647",
        "--stage qemu --memory 99999999G|'99999999G': expected at most 4096T",
        "--stage qemu --cpus 5000|--cpus 5000: expected 1 to 255",
        "--stage qemu --cpus 0|--cpus 0: expected 1 to 255",
        "--sed 3|unknown option '--sed'; did you mean '--seed'?",
        "--stage qemu --fault vtd-not-cleared|--fault is for --stage model",
        "--stage qemu --leave-out 0-fff|--leave-out is for --stage model",
        "--arm late --strategy none|--arm is for strategy identity",
        "--explore --seed 3|--explore tries every order",
        "--states 3|--states is for --explore",
        "--fault list --json|--fault list takes no machine and no other option",
        "--strategy list --seed 1|--strategy list takes no machine and no other option",
        "--fault list vtd|--fault list takes no machine and no other option",
        "--explore -v|--verbose does nothing with --explore",
        "--explore --fail-on rule|--fail-on does nothing with --explore",
        "--stage qemu --strategy none --hand inside|--hand is for strategy identity",
        "--explore vtd|'--explore --mapping vtd' has a small machine",
        "vtd --leave-out 0-ffffffffffffffff|nothing of the memory of vtd is left to dump",
        "vtd --leave-out 100-1ff|expected whole pages of 4096 bytes",
        "/|/: is a directory",
        "--trace|--trace is for one machine, one strategy and one run",
      })
  void misuseIsToldAndNothingIsRun(String words, String message) {
    Run run = Run.of(("rehearse " + words).split(" "));
    assertEquals(2, run.code());
    assertEquals("", run.out());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void mistakesInAMachineAreToldByLine() throws Exception {
    String file = machine(SMALL.replace("kind: receiver", "kind: reciever"));
    Run run = Run.of("rehearse", file);
    assertEquals(2, run.code());
    assertEquals(
        "crashlane: "
            + file
            + ":8:41: devices[1].kind: 'reciever' is unknown: there are receiver, storage; did you"
            + " mean 'receiver'?\n",
        run.err());
  }

  @Test
  void machinesAreListedAndShown() {
    Run list = Run.of("machines");
    assertEquals(0, list.code());
    BuiltInMachines.names().forEach(name -> assertTrue(list.out().contains("\n" + name + " ")));
    assertTrue(Run.of("machines", "--json").out().contains("\"name\" : \"beyond-reach\""));
    assertEquals(MachineFile.schema(), Run.of("machines", "--schema").out());
    Run show = Run.of("machines", "show", "gart");
    assertEquals(BuiltInMachines.text("gart").orElseThrow(), show.out());
    Run unknown = Run.of("machines", "show", "gard");
    assertEquals(2, unknown.code());
    assertFalse(unknown.err().isEmpty());
    assertTrue(unknown.err().contains("did you mean 'gart'?"), unknown.err());
  }
}
