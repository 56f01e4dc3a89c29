// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;

/**
 * Probes of QEMU's intel-iommu, as recorded: one machine, then one line for each probe. A parser
 * for these files only.
 */
record RecordedProbes(Capabilities capabilities, long root, long ramBytes, List<Probe> probes) {
  private static final Pattern WORD = Pattern.compile("\"(0x[0-9a-f]+)\": \"([0-9a-f]{16})\"");

  /** What one DMA did: it reached an address, or left a fault record, or neither was seen. */
  record Probe(
      Map<Long, Long> tables,
      Request request,
      Optional<Long> reached,
      Optional<RecordedFault> fault) {}

  /** A fault record, decoded. */
  record RecordedFault(long page, int requester, int reason, Access access) {}

  static RecordedProbes read(Path file) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.US_ASCII))) {
      String machine = lines.readLine();
      int requester = Integer.parseInt(plain(machine, "sid"));
      List<Probe> probes = new ArrayList<>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        probes.add(probe(line, requester));
      }
      return new RecordedProbes(
          new Capabilities(hex(machine, "cap"), hex(machine, "ecap")),
          hex(machine, "root"),
          Long.parseLong(plain(machine, "ram_bytes")),
          probes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Probe probe(String line, int requester) {
    Map<Long, Long> tables = new HashMap<>();
    Matcher words = WORD.matcher(line);
    while (words.find()) {
      tables.put(Hex.parse(words.group(1)), Hex.parse(words.group(2)));
    }
    Access access = access(text(line, "op").orElseThrow());
    return new Probe(
        tables,
        new Request(new RequesterId(requester), hex(line, "iova"), access),
        text(line, "gpa").map(Hex::parse),
        text(line, "addr").map(page -> fault(line, Hex.parse(page))));
  }

  private static RecordedFault fault(String line, long page) {
    return new RecordedFault(
        page,
        Integer.parseInt(plain(line, "sid")),
        Integer.parseInt(plain(line, "reason")),
        access(text(line, "type").orElseThrow()));
  }

  private static Access access(String letter) {
    return letter.equals("R") ? Access.READ : Access.WRITE;
  }

  private static long hex(String line, String key) {
    return Hex.parse(text(line, key).orElseThrow());
  }

  private static Optional<String> text(String line, String key) {
    Matcher m = Pattern.compile("\"" + key + "\": \"([^\"]*)\"").matcher(line);
    return m.find() ? Optional.of(m.group(1)) : Optional.empty();
  }

  private static String plain(String line, String key) {
    Matcher m = Pattern.compile("\"" + key + "\": ([0-9]+)").matcher(line);
    if (!m.find()) {
      throw new IllegalArgumentException("no " + key + " in " + line);
    }
    return m.group(1);
  }
}
