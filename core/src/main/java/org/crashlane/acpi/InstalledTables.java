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
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Because;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The tables that firmware has installed in a machine's memory. Whatever the memory holds, what is
 * read of it is bounded, and each entry of a root table is looked at once.
 *
 * @param tables in the order of the root table; Linux takes the first of each signature
 * @param unread of which signatures the first is not known, or whether there is one, and why
 */
public record InstalledTables(List<AcpiTable> tables, Map<String, Reason> unread) {
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
  static InstalledTables unknown(Reason reason) {
    Map<String, Reason> unread = new HashMap<>();
    AcpiTable.SIGNATURES.forEach(signature -> unread.put(signature, reason));
    return new InstalledTables(List.of(), unread);
  }

  /** {@return why the table of {@code signature} is not known, if it is not} */
  public Optional<Reason> whyUnread(String signature) {
    return Optional.ofNullable(unread.get(signature));
  }

  /**
   * {@return the tables that {@code pointers} lead to} Pointers without a whole root table behind
   * them are copies that were left over. If the others do not lead to the same, nothing is known.
   */
  public static InstalledTables read(PhysicalMemory memory, List<RootPointer> pointers) {
    if (pointers.isEmpty()) {
      return unknown(Reason.of(Flaw.ROOT_POINTER_NOT_FOUND));
    }
    if (pointers.size() > POINTERS_MAX) {
      return unknown(Reason.of(Flaw.TOO_MANY_ROOT_POINTERS, new Count(pointers.size())));
    }
    List<InstalledTables> different = new ArrayList<>();
    List<Reason> reasons = new ArrayList<>();
    for (RootPointer pointer : pointers) {
      try {
        InstalledTables found = behind(memory, pointer);
        if (!different.contains(found)) {
          different.add(found);
        }
      } catch (UnusableException e) {
        reasons.add(e.why);
      }
    }
    return switch (different.size()) {
      case 0 -> unknown(reasons.getFirst());
      case 1 -> different.getFirst();
      default ->
          unknown(
              new Reason(
                  Flaw.ROOT_POINTERS_DIFFER,
                  pointers.stream().<Reason.Detail>map(p -> new At(p.address())).toList()));
    };
  }

  private static InstalledTables behind(PhysicalMemory memory, RootPointer pointer) {
    boolean isOld = pointer.revision() < 2 || pointer.xsdtAddress() == 0;
    Root root = isOld ? Root.RSDT : Root.XSDT;
    long address = isOld ? pointer.rsdtAddress() : pointer.xsdtAddress();
    Place place = new Place(memory, root.name(), address);
    AcpiHeader header = place.header();
    if (!header.signature().equals(root.name())) {
      throw place.unusable(Flaw.OTHER_SIGNATURE, new Name(Quoted.of(header.signature())));
    }
    byte[] bytes = place.table(header, ROOT_BYTES_MAX);
    place.requireSum(bytes);
    ByteReader reader = ByteReader.of(root.name(), bytes);
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
    private final Map<String, Reason> unread = new HashMap<>();
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
      Place place = new Place(memory, "ACPI table", address);
      try {
        AcpiHeader header = place.header();
        if (AcpiTable.SIGNATURES.contains(header.signature())) {
          read(place, header);
        } else {
          place.requireSum(table(place, header));
        }
      } catch (UnusableException e) {
        // It may be any that was not seen before.
        AcpiTable.SIGNATURES.stream()
            .filter(signature -> !seen.containsKey(signature))
            .forEach(signature -> unread.putIfAbsent(signature, e.why));
      }
    }

    private byte[] table(Place place, AcpiHeader header) {
      byte[] bytes = place.table(header, Math.min(TABLE_BYTES_MAX, bytesLeft));
      bytesLeft -= bytes.length;
      return bytes;
    }

    private void read(Place place, AcpiHeader header) {
      int count = seen.merge(header.signature(), 1, Integer::sum);
      if (count > OF_A_SIGNATURE_MAX) {
        return;
      }
      try {
        tables.add(place.read(table(place, header)));
      } catch (UnusableException e) {
        if (count == 1) {
          unread.putIfAbsent(header.signature(), e.why);
        }
      }
    }
  }

  /** What is said to be a table, and where. */
  private record Place(PhysicalMemory memory, String what, long address) {

    AcpiHeader header() {
      return AcpiHeader.read(ByteReader.of(what, bytes(AcpiHeader.SIZE_BYTES)));
    }

    /** {@return all bytes of the table, if there are not more than {@code bytesMax}} */
    byte[] table(AcpiHeader header, int bytesMax) {
      if (header.lengthBytes() < AcpiHeader.SIZE_BYTES || header.lengthBytes() > bytesMax) {
        throw unusable(
            Flaw.LENGTH_OUT_OF_BOUNDS,
            new Count(header.lengthBytes()),
            new Count(AcpiHeader.SIZE_BYTES),
            new Count(bytesMax));
      }
      return bytes((int) header.lengthBytes());
    }

    AcpiTable read(byte[] table) {
      try {
        return AcpiTable.read(what, table);
      } catch (MalformedInputException.Truncated e) {
        throw unusable(Flaw.TABLE_TOO_SHORT, e.details().toArray(Reason.Detail[]::new));
      }
    }

    void requireSum(byte[] table) {
      if (AcpiHeader.sum(table, table.length) != 0) {
        throw unusable(Flaw.TABLE_DOES_NOT_ADD_UP);
      }
    }

    private byte[] bytes(int count) {
      byte[] bytes = new byte[count];
      try {
        memory.read(address, bytes, 0, count);
      } catch (UnreadableMemoryException e) {
        throw new UnusableException(
            this, Reason.of(Flaw.MEMORY_NOT_READ, new At(e.address()), new Because(e.absence())));
      }
      return bytes;
    }

    UnusableException unusable(Flaw flaw, Reason.Detail... details) {
      Reason reason = Reason.of(flaw, new Name(what), new At(address));
      for (Reason.Detail detail : details) {
        reason = reason.with(detail);
      }
      return new UnusableException(this, reason);
    }
  }

  /** A table that is there and cannot be used. */
  private static final class UnusableException extends MalformedInputException {
    private static final long serialVersionUID = 1L;

    private final transient Reason why;

    UnusableException(Place place, Reason why) {
      super(place.what() + " at " + Hex.of(place.address()), 0, why.names());
      this.why = why;
    }
  }
}
