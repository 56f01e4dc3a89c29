// SPDX-License-Identifier: Apache-2.0
package org.crashlane.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.Repository;
import org.crashlane.iommu.Register;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A register and its fields are declared in one place, and used from there. */
final class DeclaredOnceTest {
  private static final Pattern FIELD =
      Pattern.compile("\\bbits?\\(\\s*\"([^\"]*[A-Z][^\"]*)\",\\s*(\\d+)(?:,\\s*(\\d+))?[,)]");
  private static final List<String> USERS = List.of("model", "guest", "oracle", "report", "cli");
  private static final String VENDORS = "core/src/main/java/org/crashlane/iommu/";

  @ParameterizedTest
  @ValueSource(
      classes = {
        org.crashlane.iommu.vtd.Registers.class,
        org.crashlane.iommu.amdvi.Registers.class,
        org.crashlane.iommu.gart.Registers.class
      })
  void noTwoRegistersOfAVendorShareANameOrAByte(Class<?> registers) throws IllegalAccessException {
    Map<Integer, Register> bytes = new TreeMap<>();
    Set<String> names = new TreeSet<>();
    for (Field field : registers.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && field.get(null) instanceof Register register) {
        assertTrue(names.add(register.name()), register.name());
        for (int i = 0; i < register.sizeBytes(); i++) {
          Register before = bytes.put(register.offset() + i, register);
          assertTrue(before == null, () -> register.name() + " and " + before.name());
        }
      }
    }
    assertTrue(names.size() >= 4, names::toString);
  }

  /** Entries of a processor's page tables are another's format, though some are alike. */
  @Test
  void noFieldOfAVendorIsDeclaredAgainElsewhere() throws IOException {
    Set<String> ofVendors = new TreeSet<>();
    List<String> again = new ArrayList<>();
    for (Path source : mainSources()) {
      if (source.toString().contains(VENDORS)) {
        ofVendors.addAll(fields(source));
      }
    }
    for (Path source : mainSources()) {
      if (source.endsWith("PageTables.java")) {
        continue;
      }
      if (USERS.stream().anyMatch(user -> source.startsWith(Repository.root().resolve(user)))) {
        fields(source).stream()
            .filter(ofVendors::contains)
            .forEach(field -> again.add(source.getFileName() + ": " + field));
      }
    }
    assertTrue(ofVendors.size() > 300, () -> "fields seen: " + ofVendors.size());
    assertEquals(List.of(), again);
  }

  /** Save where a word has a second form, which shares fields with the first. */
  @Test
  void fieldsAreNotListedASecondTime() throws IOException {
    Set<String> listing = new TreeSet<>();
    for (Path source : mainSources()) {
      if (Files.readString(source).contains("Layout.of(")) {
        listing.add(source.getParent().getFileName() + "/" + source.getFileName());
      }
    }
    assertEquals(
        Set.of(
            "amdvi/CommandFormat.java", "amdvi/WideInterruptEntry.java", "vtd/InterruptEntry.java"),
        listing);
  }

  private static Set<String> fields(Path source) throws IOException {
    Set<String> fields = new TreeSet<>();
    for (MatchResult field :
        (Iterable<MatchResult>) FIELD.matcher(Files.readString(source)).results()::iterator) {
      String low = field.group(3) == null ? field.group(2) : field.group(3);
      fields.add(field.group(1) + " " + field.group(2) + ":" + low);
    }
    return fields;
  }

  private static List<Path> mainSources() throws IOException {
    try (Stream<Path> files = Files.walk(Repository.root())) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("/src/main/"))
          .sorted()
          .toList();
    }
  }
}
