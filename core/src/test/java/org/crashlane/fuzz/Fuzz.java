// SPDX-License-Identifier: Apache-2.0
package org.crashlane.fuzz;

import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/**
 * Feeds a parser damaged inputs until its time is up. The parser may return a value or throw one of
 * the errors that it promises; all else, and a hang, is a failure that prints the seed and the
 * input.
 *
 * <p>{@code -Dcrashlane.fuzz.seconds} is the time of each parser, {@value #DEFAULT_SECONDS} unless
 * told; {@code -Dcrashlane.fuzz.seed} is the seed, the same in every run unless told. Inputs depend
 * on the seed alone, so that a longer run begins with the inputs of a shorter one.
 */
public final class Fuzz {
  /** What is fed. */
  @FunctionalInterface
  public interface Parser {
    /** Makes of {@code input} a value or throws one of the errors that it promises. */
    void parse(byte[] input) throws Exception;
  }

  /** Time of one parser, in seconds, unless told. */
  public static final long DEFAULT_SECONDS = 2;

  /** An input that takes longer is a hang: thousands of times the usual. */
  private static final Duration HANG = Duration.ofSeconds(20);

  private static final Duration POLL = Duration.ofMillis(50);

  private final String name;
  private final List<byte[]> corpus;
  private final List<Class<? extends Exception>> promised;
  private final long seed = Long.getLong("crashlane.fuzz.seed", 1);
  private final AtomicReference<byte[]> current = new AtomicReference<>(new byte[0]);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicLong inputCount = new AtomicLong();

  /**
   * @param name of the parser, for messages
   * @param corpus right inputs, which are damaged; not empty
   * @param promised what the parser throws at wrong input
   */
  public Fuzz(String name, List<byte[]> corpus, List<Class<? extends Exception>> promised) {
    if (corpus.isEmpty()) {
      throw new IllegalArgumentException("nothing to damage: the corpus is empty");
    }
    this.name = name;
    this.corpus = List.copyOf(corpus);
    this.promised = List.copyOf(promised);
  }

  /**
   * Runs {@code parser} until the time is up.
   *
   * @return how many inputs it had
   * @throws AssertionError at the first input that it does not stand
   */
  public long run(Parser parser) throws InterruptedException {
    long seconds = Long.getLong("crashlane.fuzz.seconds", DEFAULT_SECONDS);
    return run(parser, Duration.ofSeconds(seconds), HANG);
  }

  long run(Parser parser, Duration budget, Duration hang) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + budget.toNanos();
    Thread worker =
        Thread.ofPlatform().daemon().name("fuzz " + name).start(() -> feed(parser, deadlineNanos));
    long seenCount = -1;
    long seenNanos = System.nanoTime();
    while (!worker.join(POLL)) {
      long count = inputCount.get();
      if (count != seenCount) {
        seenCount = count;
        seenNanos = System.nanoTime();
      } else if (System.nanoTime() - seenNanos > hang.toNanos()) {
        throw new AssertionError(message("hangs"), stackOf(worker));
      }
    }
    if (failure.get() != null) {
      throw new AssertionError(message("failed"), failure.get());
    }
    return inputCount.get();
  }

  private void feed(Parser parser, long deadlineNanos) {
    RandomGenerator random = new SplittableRandom(seed);
    Damage damage = new Damage(random, corpus);
    try {
      while (System.nanoTime() - deadlineNanos < 0) {
        current.set(damage.next());
        inputCount.incrementAndGet();
        parseOne(parser);
      }
    } catch (Throwable t) {
      failure.set(t);
    }
  }

  private void parseOne(Parser parser) throws Exception {
    try {
      // A copy, so that a parser that writes to its input does not falsify the message.
      parser.parse(current.get().clone());
    } catch (Exception e) {
      if (promised.stream().noneMatch(kind -> kind.isInstance(e))) {
        throw e;
      }
    }
  }

  private String message(String what) {
    return "%s %s at input %d of seed %d: %s"
        .formatted(name, what, inputCount.get(), seed, HexFormat.of().formatHex(current.get()));
  }

  private static Throwable stackOf(Thread worker) {
    Throwable where = new Throwable("stack of the hanging parser");
    where.setStackTrace(worker.getStackTrace());
    return where;
  }
}
