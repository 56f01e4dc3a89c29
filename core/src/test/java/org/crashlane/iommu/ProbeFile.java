// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.crashlane.bits.Hex;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * Probes of an emulated IOMMU, as recorded: a line for the machine, then one line for each DMA. A
 * parser for these files only.
 */
public record ProbeFile(Line machine, List<Line> probes) {
  private static final Pattern WORD = Pattern.compile("\"(0x[0-9a-f]+)\": \"([0-9a-f]{16})\"");

  /** Reads a file, gzipped. */
  public static ProbeFile read(Path file) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.US_ASCII))) {
      Line machine = new Line(lines.readLine());
      return new ProbeFile(machine, lines.lines().map(Line::new).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return how much memory the machine has} */
  public long ramBytes() {
    return machine.number("ram_bytes");
  }

  /** {@return who asked} */
  public RequesterId requester() {
    return new RequesterId((int) machine.number("sid"));
  }

  /** One line. */
  public record Line(String text) {

    /** {@return the words of tables that stand in it, by address} */
    public Map<Long, Long> tables() {
      Map<Long, Long> tables = new HashMap<>();
      Matcher words = WORD.matcher(text);
      while (words.find()) {
        tables.put(Hex.parse(words.group(1)), Hex.parse(words.group(2)));
      }
      return tables;
    }

    /** {@return what was asked} */
    public Request request(RequesterId requester) {
      return new Request(requester, hex("iova"), access("op"));
    }

    /** {@return the physical address reached, if one was} */
    public Optional<Long> reached() {
      return find("gpa").map(Hex::parse);
    }

    /** {@return an access, as a letter} */
    public Access access(String key) {
      return find(key).orElseThrow().equals("R") ? Access.READ : Access.WRITE;
    }

    /** {@return a number in hexadecimal} */
    public long hex(String key) {
      return Hex.parse(find(key).orElseThrow());
    }

    /** {@return a string, if there is one} */
    public Optional<String> find(String key) {
      Matcher m = Pattern.compile("\"" + key + "\": \"([^\"]*)\"").matcher(text);
      return m.find() ? Optional.of(m.group(1)) : Optional.empty();
    }

    /** {@return a number in decimal} */
    public long number(String key) {
      Matcher m = Pattern.compile("\"" + key + "\": ([0-9]+)").matcher(text);
      if (!m.find()) {
        throw new IllegalArgumentException("no " + key + " in " + text);
      }
      return Long.parseLong(m.group(1));
    }
  }

  /**
   * The machine's memory while one probe ran: its tables, and elsewhere each word tagged with its
   * address.
   *
   * @param cleared where words are 0 that the probe does not list
   */
  public record ProbeMemory(long ramBytes, List<AddressRange> cleared, Map<Long, Long> tables)
      implements PhysicalMemory {
    private static final long TAG = 0x7a60_0000_0000_0000L;

    @Override
    public String source() {
      return "probe";
    }

    @Override
    public List<AddressRange> ranges() {
      return List.of(AddressRange.ofSize(0, ramBytes));
    }

    @Override
    public long readLong(long address) {
      if (Long.compareUnsigned(address, ramBytes) >= 0) {
        throw new UnreadableMemoryException(source(), address, Absence.NO_MEMORY);
      }
      boolean isCleared = cleared.stream().anyMatch(range -> range.contains(address));
      return tables.getOrDefault(address, isCleared ? 0 : address ^ TAG);
    }

    @Override
    public void readLongs(long address, long[] into, int count) {
      for (int i = 0; i < count; i++) {
        into[i] = readLong(address + (long) i * Long.BYTES);
      }
    }

    @Override
    public void read(long address, byte[] into, int offset, int length) {
      throw new UnsupportedOperationException("tables are read by the word");
    }
  }
}
