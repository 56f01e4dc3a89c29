// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Subject;

/**
 * One reason why nothing was written.
 *
 * @param kind what kind of reason
 * @param subject what it is about
 * @param evidence what shows it
 * @param remedies what to do: any of them, the first is preferred
 */
public record Refusal(Kind kind, Subject subject, List<Evidence> evidence, List<Remedy> remedies) {

  public Refusal {
    evidence = List.copyOf(evidence);
    remedies = List.copyOf(remedies);
  }

  /** A reason about which nothing in particular can be done. */
  public Refusal(Kind kind, Subject subject, Evidence... evidence) {
    this(kind, subject, List.of(evidence), List.of());
  }

  /** Kinds of reason. */
  public enum Kind {
    /**
     * The target's kernel lives: it would come upon the new tables as its own, and its allocator
     * would still hand out what they map.
     */
    LIVING,
    /** The target has crashed already: its disk's driver may have given up. */
    CRASHED,
    /** Entries that are not present may be cached, and nobody here can invalidate them. */
    CACHES_ABSENT,
    /** A crash range is not whole pages of memory. */
    CRASH_RANGE,
    /** A crash range overlaps the interrupt window: such requests are never translated as DMA. */
    INTERRUPT_WINDOW,
    /** No selected device has tables to arm. */
    NO_DEVICE,
    /** A device's tables are of a kind that is not written here. */
    UNSUPPORTED,
    /** A crash range lies beyond what a table can translate. */
    BEYOND_REACH,
    /** An IOVA of a crash range is mapped elsewhere, or without a right (findings A4, A2). */
    CONFLICT,
    /** The tables themselves do not allow it. */
    TABLES,
    /** The arena has too few pages. */
    ARENA_TOO_SMALL,
    /** The plan has more stores than a journal holds. */
    TOO_MANY_STORES,
    /** The arena lies where tables must not be. */
    ARENA_MISPLACED,
    /** Another hand is at work, or an earlier arming stands. */
    IN_USE,
    /** Memory is not what it was when the plan was made. */
    CHANGED,
    /** What was written could not be confirmed; it was taken back. */
    NOT_CONFIRMED
  }
}
