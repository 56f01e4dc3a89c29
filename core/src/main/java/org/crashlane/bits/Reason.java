// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Why something is as it is, or what it is: what a manual or a reader of tables has a name for, and
 * what was seen of it. Sentences are made of it where it is reported.
 *
 * @param term the name
 * @param details what was seen, in the order in which it is said
 */
public record Reason(Term term, List<Detail> details) {
  public Reason {
    details = List.copyOf(details);
  }

  /** {@return the reason with this name} */
  public static Reason of(Term term, Detail... details) {
    return new Reason(term, List.of(details));
  }

  /** {@return the same, of which {@code detail} was seen too} */
  public Reason with(Detail detail) {
    return new Reason(term, Stream.concat(details.stream(), Stream.of(detail)).toList());
  }

  /** {@return the names alone, without the values: for exceptions and traces} */
  public String names() {
    return term.meaning()
        + details.stream()
            .map(detail -> detail instanceof Because(Reason cause) ? ": " + cause.names() : "")
            .collect(Collectors.joining());
  }

  /** One value that was seen. */
  public sealed interface Detail {}

  /** Physical address of what the name names. */
  public record At(long address) implements Detail {}

  /** Physical address of the entry that it is about. */
  public record Entry(long address) implements Detail {}

  /** Level of the page table that the entry is in, from 1. */
  public record Level(int level) implements Detail {}

  /** How many levels the tables have. */
  public record Levels(int count) implements Detail {}

  /** In which word of an entry. */
  public record In(Layout word) implements Detail {}

  /** The bits that it is about. */
  public record Bits(long bits) implements Detail {}

  /** A size in bytes. */
  public record Size(long bytes) implements Detail {}

  /** The words of an entry, the highest first. */
  public record Words(List<Word> words) implements Detail {
    public Words {
      words = List.copyOf(words);
    }

    /** The words of one entry. */
    public Words(Word... words) {
      this(List.of(words));
    }
  }

  /** Fields of registers, whatever they hold. */
  public record Fields(List<Field> fields) implements Detail {
    public Fields {
      fields = List.copyOf(fields);
    }
  }

  /**
   * One of them.
   *
   * @param register what it is a field of, as it was read
   */
  public record Field(Word register, BitField field) {

    /** {@return what the field holds} */
    public long value() {
      return field.get(register.value());
    }
  }

  /** The number of a device: segment, bus, device and function. */
  public record Device(int requester) implements Detail {}

  /**
   * The number of an entry.
   *
   * @param count how many there are; 0 where that is not what matters
   */
  public record Index(int index, int count) implements Detail {}

  /** Addresses, from the first to the last. */
  public record Addresses(long first, long last) implements Detail {}

  /** How many are needed, and how many there are. */
  public record Needed(long count, long availableCount) implements Detail {}

  /** How many of what it is about; a number of bytes, or one that a table has. */
  public record Count(long count) implements Detail {}

  /** The number of a type, or the value of a byte. */
  public record Code(int code) implements Detail {}

  /** A name that others have given: of a structure, a field, a device. */
  public record Name(String name) implements Detail {}

  /** A PCI segment. */
  public record Segment(int segment) implements Detail {}

  /** What brought it about. */
  public record Because(Reason reason) implements Detail {

    /** What has a name and no more. */
    public Because(Term term) {
      this(Reason.of(term));
    }
  }

  /** What it holds: an address, an entry, a register. */
  public record Value(long value) implements Detail {}

  /** The physical address that it leads to. */
  public record LeadsTo(long address) implements Detail {}
}
