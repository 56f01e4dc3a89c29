// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.arming.ArmResult.Armed;
import org.crashlane.arming.ArmResult.Unneeded;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.cli.CrashWatches.Wait;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelOffer;
import org.crashlane.guest.live.GuestReader.Judged;
import org.crashlane.guest.live.GuestTables;
import org.crashlane.guest.live.GuestTables.Listing;
import org.crashlane.guest.live.WhenCrashed.Outcome;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.pci.RequesterId;
import org.crashlane.report.JsonReport;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What {@code --json} prints is what docs/verdict.schema.json says, by a validator not ours. */
final class OutputSchemaTest {
  private static final Path FILE = Path.of("../docs/verdict.schema.json");
  private static final Path GOLDEN = Path.of("../report/src/test/resources/golden");
  private static final Path ACPI = Path.of("../core/src/test/resources");
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private static final RequesterId DISK = RequesterId.parse("00:02.0");
  private static final AddressRange CRASH = new AddressRange(0x2f000000, 0x3effffff);
  private static final Reason RESERVED = Reason.of(TableFact.RESERVED_BITS, new Reason.Bits(0x8));
  private static final TableId TABLE = new TableId(0x2337000, Geometry.of(12, 3));

  private static final KernelOffer OFFER =
      new KernelOffer(
          "6.12", "6.12.118+deb13-amd64", "6.12.118-1", Set.of(KernelFlavour.FULL), true);

  /** What each command prints, in the schema's words. */
  private static final Map<String, List<String>> PRINTED =
      Map.of(
          "rehearse",
              List.of("verdict", "matrix", "rehearsals", "explorations", "series", "crashkernel"),
          "kernels", List.of("kernels"),
          "explain", List.of("codes"),
          "machines", List.of("machines"),
          "machines show", List.of("machine"),
          "arm", List.of("arm", "watch"),
          "disarm", List.of("disarm"),
          "tables walk", List.of("walk"),
          "acpi show", List.of("acpi"));

  @TempDir private Path folder;

  /** The schema of one kind of document. */
  static Schema schema(String kind) throws IOException {
    ObjectNode whole = (ObjectNode) MAPPER.readTree(Files.readString(FILE));
    whole.remove("anyOf");
    return REGISTRY.getSchema(whole.put("$ref", "#/$defs/" + kind));
  }

  static Set<String> kinds() throws IOException {
    Set<String> kinds = new TreeSet<>();
    MAPPER
        .readTree(Files.readString(FILE))
        .get("anyOf")
        .forEach(one -> kinds.add(one.get("$ref").asString("").replace("#/$defs/", "")));
    return kinds;
  }

  @Test
  void everyCommandWithJsonHasItsKinds() throws IOException {
    Set<String> withJson =
        HelpTest.commands()
            .filter(words -> help(words).contains("--json"))
            .map(words -> String.join(" ", words))
            .collect(Collectors.toSet());
    assertEquals(PRINTED.keySet(), withJson);
    assertEquals(
        kinds(), PRINTED.values().stream().flatMap(List::stream).collect(Collectors.toSet()));
  }

  private static String help(List<String> words) {
    String text =
        Run.of(Stream.concat(words.stream(), Stream.of("-h")).toArray(String[]::new)).out();
    return text.substring(0, text.indexOf("\n\n", text.indexOf("Options:")));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyDocumentIsAsTheSchemaSays(String kind) throws IOException {
    Schema schema = schema(kind);
    Schema any = REGISTRY.getSchema(Files.readString(FILE), InputFormat.JSON);
    for (String text : documents(kind)) {
      JsonNode document = MAPPER.readTree(text);
      List<Error> errors = schema.validate(document);
      assertTrue(errors.isEmpty(), errors + "\nin\n" + text);
      assertTrue(any.validate(document).isEmpty(), text);
    }
  }

  /** A schema that takes anything would have passed as well. */
  @ParameterizedTest
  @MethodSource("kinds")
  void noMemberMayBeRenamedNorBeOfAnotherType(String kind) throws IOException {
    Schema schema = schema(kind);
    int count = 0;
    for (String text : smallDocuments(kind)) {
      JsonNode document = MAPPER.readTree(text);
      for (ObjectNode object : objects(document)) {
        for (String name : List.copyOf(object.propertyNames())) {
          JsonNode value = object.get(name);
          object.set(name, value.isArray() ? JsonNodeFactory.instance.stringNode("") : array());
          assertFalse(schema.validate(document).isEmpty(), "another type: " + name);
          object.remove(name);
          if (!isOpen(object)) {
            object.set("x" + name, value);
            assertFalse(schema.validate(document).isEmpty(), "renamed: " + name);
            object.remove("x" + name);
          }
          object.set(name, value);
          count++;
        }
      }
      assertTrue(schema.validate(document).isEmpty(), "put back");
    }
    assertTrue(count > 0, kind);
  }

  /** Structures of the APIC table have fields of whatever names. */
  private static boolean isOpen(ObjectNode object) {
    return object.path("name").asString("").matches("I/O APIC|Processor Local x2APIC");
  }

  private static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode().add(JsonNodeFactory.instance.objectNode());
  }

  private static List<ObjectNode> objects(JsonNode node) {
    List<ObjectNode> found = new ArrayList<>();
    if (node instanceof ObjectNode object) {
      found.add(object);
    }
    node.forEach(child -> found.addAll(objects(child)));
    return found;
  }

  @Test
  void theBuiltInMachinesAreAsTheirSchemaSays() {
    Schema schema = REGISTRY.getSchema(MachineFile.schema(), InputFormat.JSON);
    for (String name : BuiltInMachines.names()) {
      String text = BuiltInMachines.text(name).orElseThrow();
      assertEquals(List.of(), schema.validate(text, InputFormat.YAML), name);
      String wrong = text.replaceFirst("\\nram:", "\nrom:");
      assertFalse(schema.validate(wrong, InputFormat.YAML).isEmpty(), name);
    }
  }

  private List<String> documents(String kind) throws IOException {
    List<String> documents = new ArrayList<>(smallDocuments(kind));
    switch (kind) {
      case "matrix" ->
          documents.add(
              printed("rehearse", "calgary", "--strategy", "none,identity,adopt", "--runs", "2"));
      case "explorations" ->
          documents.add(
              printed("rehearse", "--explore", "--mapping", "nommu", "--strategy", "none"));
      case "codes" -> documents.add(printed("explain"));
      case "acpi" -> {
        documents.addAll(acpi(ACPI.resolve("linux")));
        documents.addAll(acpi(ACPI.resolve("acpi/real/dmar")));
        documents.addAll(acpi(ACPI.resolve("acpi/real/ivrs")));
      }
      default -> {}
    }
    return documents;
  }

  private List<String> acpi(Path tables) throws IOException {
    try (Stream<Path> files = Files.list(tables)) {
      String[] names =
          files.map(Path::toString).filter(n -> n.endsWith(".dat")).toArray(String[]::new);
      assertTrue(names.length > 0, tables.toString());
      return List.of(
          printed(
              Stream.concat(Stream.of("acpi", "show"), Stream.of(names)).toArray(String[]::new)));
    }
  }

  private List<String> smallDocuments(String kind) throws IOException {
    return switch (kind) {
      case "verdict" -> List.of(golden("broken"), golden("facts"));
      case "matrix" -> List.of(golden("matrix"), printed("rehearse", machine()));
      case "rehearsals" -> List.of(golden("rehearsals"));
      case "explorations" ->
          List.of(printed("rehearse", "--explore", "--mapping", "vtd", "--strategy", "reserve"));
      case "codes" -> List.of(printed("explain", "A1"));
      case "series" ->
          List.of(
              JsonReport.text(
                  SeriesRun.document(
                      List.of(
                          new SeriesRun.Done(
                              OFFER,
                              MAPPER.readTree(golden("rehearsals")).path("rehearsals").path(0))))));
      case "crashkernel" -> List.of(JsonReport.text(crashkernel()));
      case "kernels" -> List.of(JsonReport.text(KernelsCommand.document(List.of(OFFER))));
      case "machines" -> List.of(printed("machines"));
      case "machine" ->
          List.of(
              printed("machines", "show", machine()),
              printed("machines", "show", "mixed"),
              printed("machines", "show", "snp-copy"));
      case "arm" -> arm();
      case "watch" -> watch();
      case "disarm" ->
          List.of(golden("disarm-incomplete"), golden("disarm-gone"), golden("disarm-again"));
      case "walk" ->
          List.of(
              JsonReport.text(TablesJson.of(walk())),
              JsonReport.text(TablesJson.of(new Judged(walk(), ArmCommandTest.judged(broken())))));
      case "acpi" ->
          List.of(
              printed(
                  "acpi", "show", ACPI.resolve("linux/dmar-acpi-device-undeclared.dat").toString()),
              printed(
                  "acpi", "show", ACPI.resolve("linux/ivrs-memory-page-at-zero.dat").toString()),
              printed("acpi", "show", AcpiShowLinuxTest.apicTable(folder, 8).toString()));
      default -> throw new AssertionError("no documents of " + kind);
    };
  }

  private static ObjectNode crashkernel() throws IOException {
    ObjectNode found =
        MAPPER.createObjectNode().put("enoughMebibytes", 84).put("tooSmallMebibytes", 80);
    found.set("enough", MAPPER.readTree(golden("rehearsals")).path("rehearsals").path(0));
    found.putNull("tooSmall");
    return SmallestCrashkernel.document(List.of(found));
  }

  private String machine() throws IOException {
    return Files.writeString(folder.resolve("box.yaml"), RehearseModelTest.SMALL).toString();
  }

  private static String golden(String name) throws IOException {
    return Files.readString(GOLDEN.resolve(name + ".json"));
  }

  private static String printed(String... words) {
    Run run = Run.of(Stream.concat(Stream.of(words), Stream.of("--json")).toArray(String[]::new));
    assertFalse(run.out().isEmpty(), run.err());
    return run.out();
  }

  private static List<String> arm() throws IOException {
    List<String> documents =
        new ArrayList<>(
            List.of(
                golden("armed"), golden("refused"), golden("dry-run"), golden("dry-run-refused")));
    documents.add(
        json(terminal -> {
          ArmCommand command = new ArmCommand(terminal);
          Converters.register(new CommandLine(command)).parseArgs("--json", "qemu:/s");
          command.done(new Unneeded(plan()), ArmCommandTest.judged(broken()));
        }));
    return documents;
  }

  private static List<String> watch() {
    List<Outcome> outcomes =
        List.of(
            new Outcome.Alive(false),
            new Outcome.ShutDown(true),
            new Outcome.Ready(
                new Armed(plan(), Path.of("j")),
                ArmCommandTest.judged(broken()),
                Duration.ofMillis(756)),
            new Outcome.Ready(
                new Unneeded(plan()),
                ArmCommandTest.judged(Verdict.of(List.of())),
                Duration.ofMillis(7)),
            new Outcome.NotArmed(
                Refused.because(Refusal.Kind.CONFLICT, Part.ARMING, List.of(Fact.BUSY))),
            new Outcome.TakenOver(broken()));
    Wait wait = new Wait(List.of(), Set.of(), Duration.ofSeconds(1));
    List<String> documents = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      documents.add(
          json(terminal ->
              new CrashWatches(terminal, Path.of("."), true)
                  .report(new GuestSocket(Path.of("/g")), outcome, wait)));
    }
    documents.add(printed("arm", "qemu:/no/such/guest", "--when-crashed"));
    documents.forEach(line -> assertEquals(1, line.lines().count(), line));
    return documents;
  }

  private interface Printing {
    void to(Terminal terminal);
  }

  private static String json(Printing printing) {
    StringWriter out = new StringWriter();
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    printing.to(Terminal.plain(InputStream.nullInputStream(), new PrintWriter(out), nowhere));
    return out.toString();
  }

  private static ArmingPlan plan() {
    return new ArmingPlan(
        new Target("guest", "guest"),
        Window.ofCrashRanges(List.of(CRASH)),
        List.of(new TablePart(TABLE, List.of(DISK), 128, 1, 0)),
        List.of(AddressRange.ofSize(0x10000000, 4096)),
        List.of(),
        List.of(new Note(Part.ARMING, Fact.REACHES_AS_IT_IS)));
  }

  private static Verdict broken() {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.A1,
                Severity.BROKEN,
                new AddressSpace(TABLE, List.of(DISK), List.of()),
                List.of(CRASH),
                List.of(new Addresses(AddressFact.HOLE, CRASH)),
                List.of(Step.ARM)),
            new Finding(
                FindingCode.L2,
                Severity.NOTE,
                new Requesters(DISK),
                List.of(),
                List.of(),
                List.of())));
  }

  static GuestTables walk() {
    Malformation wrong = new Malformation(0x1000, 1, 0, Malformation.Kind.RESERVED, RESERVED);
    return new GuestTables(
        false,
        new UnitState(
            Translation.TRANSLATES,
            Known.NO,
            false,
            0x1000,
            List.of(Layout.of("GSTS", BitField.bit("TES", 31)).word(1L << 31))),
        List.of(),
        List.of(
            new Translated(DISK, TABLE, 1, Permissions.READ_WRITE),
            new PassThrough(RequesterId.parse("00:03.0"), 2, Permissions.READ_ONLY),
            new Blocked(RequesterId.parse("00:04.0"), RESERVED),
            new Unsupported(RequesterId.parse("00:05.0"), RESERVED)),
        List.of(wrong),
        List.of(
            new Listing(
                TABLE,
                List.of(DISK),
                List.of(new Mapping(CRASH, 0x2f000000, Permissions.READ_WRITE)),
                0,
                List.of(wrong))));
  }
}
