// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The tables that firmware has installed in a machine's memory. Whatever the memory holds, what is
 * read of it is bounded, and each entry of a root table is looked at once.
 *
 * @param tables in the order of the root table; Linux takes the first of each signature
 * @param unread of which signatures the first is not known, or whether there is one, and why
 */
public record InstalledTables(List<AcpiTable> tables, Map<String, String> unread) {
  /** More than a table of 65,536 processors takes. */
  static final int TABLE_BYTES_MAX = 2 << 20;

  /** Leftovers of earlier boots are few; memory that is full of them is somebody's work. */
  public static final int POINTERS_MAX = 64;

  /** Machines with two of a signature are broken; a third is of no interest. */
  private static final int OF_A_SIGNATURE_MAX = 4;

  private static final int ROOT_BYTES_MAX = 1 << 16;

  /** Of all tables behind one root table; entries may lead to the same bytes again and again. */
  private static final int ALL_BYTES_MAX = 16 << 20;

  /** A root table, and how it is read. */
  private enum Root {
    RSDT(Integer.BYTES),
    XSDT(Long.BYTES);

    private final int entryBytes;

    Root(int entryBytes) {
      this.entryBytes = entryBytes;
    }

    private long entry(ByteReader reader) {
      return this == RSDT ? reader.u32("entry") : reader.u64("entry");
    }
  }

  public InstalledTables {
    tables = List.copyOf(tables);
    unread = Map.copyOf(unread);
  }

  /** {@return no tables, because of {@code reason}} */
  static InstalledTables unknown(String reason) {
    Map<String, String> unread = new HashMap<>();
    AcpiTable.SIGNATURES.forEach(signature -> unread.put(signature, reason));
    return new InstalledTables(List.of(), unread);
  }

  /** {@return why the table of {@code signature} is not known, if it is not} */
  public Optional<String> whyUnread(String signature) {
    return Optional.ofNullable(unread.get(signature));
  }

  /**
   * {@return the tables that {@code pointers} lead to} Pointers without a whole root table behind
   * them are copies that were left over. If the others do not lead to the same, nothing is known.
   */
  public static InstalledTables read(PhysicalMemory memory, List<RootPointer> pointers) {
    if (pointers.isEmpty()) {
      return unknown("the root pointer of the ACPI tables is not found in memory");
    }
    if (pointers.size() > POINTERS_MAX) {
      return unknown("there are %d root pointers of ACPI tables".formatted(pointers.size()));
    }
    List<InstalledTables> different = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (RootPointer pointer : pointers) {
      try {
        InstalledTables found = behind(memory, pointer);
        if (!different.contains(found)) {
          different.add(found);
        }
      } catch (MalformedInputException | UnreadableMemoryException e) {
        reasons.add(String.valueOf(e.getMessage()));
      }
    }
    return switch (different.size()) {
      case 0 -> unknown(reasons.getFirst());
      case 1 -> different.getFirst();
      default ->
          unknown(
              "root pointers of ACPI tables lead to different tables: "
                  + pointers.stream().map(p -> Hex.of(p.address())).toList());
    };
  }

  private static InstalledTables behind(PhysicalMemory memory, RootPointer pointer) {
    boolean isOld = pointer.revision() < 2 || pointer.xsdtAddress() == 0;
    Root root = isOld ? Root.RSDT : Root.XSDT;
    long address = isOld ? pointer.rsdtAddress() : pointer.xsdtAddress();
    String source = root + " at " + Hex.of(address);
    AcpiHeader header = header(memory, source, address);
    if (!header.signature().equals(root.name())) {
      throw new MalformedInputException(source, 0, "signature is " + Quoted.of(header.signature()));
    }
    byte[] bytes = bytes(memory, source, address, header, ROOT_BYTES_MAX);
    requireSum(source, bytes);
    ByteReader reader = ByteReader.of(source, bytes);
    reader.skip(AcpiHeader.SIZE_BYTES, "header");
    InMemory found = new InMemory(memory);
    while (reader.remaining() >= root.entryBytes) {
      found.look(root.entry(reader));
    }
    return new InstalledTables(found.tables, found.unread);
  }

  /** The tables, as one after the other is looked at. */
  private static final class InMemory {
    private final PhysicalMemory memory;
    private final List<AcpiTable> tables = new ArrayList<>();
    private final Map<String, String> unread = new HashMap<>();
    private final Map<String, Integer> seen = new HashMap<>();
    private int bytesLeft = ALL_BYTES_MAX;

    InMemory(PhysicalMemory memory) {
      this.memory = memory;
    }

    /** Entries of zero are passed over, as Linux does. */
    void look(long address) {
      if (address == 0) {
        return;
      }
      String source = "ACPI table at " + Hex.of(address);
      try {
        AcpiHeader header = header(memory, source, address);
        if (AcpiTable.SIGNATURES.contains(header.signature())) {
          read(source, address, header);
        } else {
          requireSum(source, table(source, address, header));
        }
      } catch (MalformedInputException | UnreadableMemoryException e) {
        // It may be any that was not seen before.
        AcpiTable.SIGNATURES.stream()
            .filter(signature -> !seen.containsKey(signature))
            .forEach(signature -> unread.putIfAbsent(signature, e.getMessage()));
      }
    }

    private byte[] table(String source, long address, AcpiHeader header) {
      byte[] bytes = bytes(memory, source, address, header, Math.min(TABLE_BYTES_MAX, bytesLeft));
      bytesLeft -= bytes.length;
      return bytes;
    }

    private void read(String source, long address, AcpiHeader header) {
      int count = seen.merge(header.signature(), 1, Integer::sum);
      if (count > OF_A_SIGNATURE_MAX) {
        return;
      }
      try {
        tables.add(AcpiTable.read(source, table(source, address, header)));
      } catch (MalformedInputException | UnreadableMemoryException e) {
        if (count == 1) {
          unread.putIfAbsent(header.signature(), e.getMessage());
        }
      }
    }
  }

  private static void requireSum(String source, byte[] table) {
    if (AcpiHeader.sum(table, table.length) != 0) {
      throw new MalformedInputException(
          source, AcpiHeader.CHECKSUM_OFFSET, "the bytes of the table do not add up");
    }
  }

  private static AcpiHeader header(PhysicalMemory memory, String source, long address) {
    byte[] bytes = new byte[AcpiHeader.SIZE_BYTES];
    memory.read(address, bytes, 0, bytes.length);
    return AcpiHeader.read(ByteReader.of(source, bytes));
  }

  private static byte[] bytes(
      PhysicalMemory memory, String source, long address, AcpiHeader header, int bytesMax) {
    if (header.lengthBytes() < AcpiHeader.SIZE_BYTES || header.lengthBytes() > bytesMax) {
      throw new MalformedInputException(
          source,
          AcpiHeader.LENGTH_OFFSET,
          "table length is %d bytes, expected %d to %d"
              .formatted(header.lengthBytes(), AcpiHeader.SIZE_BYTES, bytesMax));
    }
    byte[] bytes = new byte[(int) header.lengthBytes()];
    memory.read(address, bytes, 0, bytes.length);
    return bytes;
  }
}
