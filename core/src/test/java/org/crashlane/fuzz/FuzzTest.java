// SPDX-License-Identifier: Apache-2.0
package org.crashlane.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.crashlane.bits.MalformedInputException;
import org.junit.jupiter.api.Test;

/** The harness sees what it is there to see. */
final class FuzzTest {
  private static final List<byte[]> CORPUS = List.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
  private static final Duration LONG = Duration.ofSeconds(60);

  private static Fuzz fuzz() {
    return new Fuzz("toy", CORPUS, List.of(MalformedInputException.class));
  }

  @Test
  void promisedErrorsAreNoFailure() throws InterruptedException {
    long count =
        fuzz()
            .run(
                input -> {
                  throw new MalformedInputException("toy", 0, "as promised");
                },
                Duration.ofMillis(20),
                LONG);
    assertTrue(count > 0);
  }

  @Test
  void otherErrorsFailAndPrintSeedAndInput() {
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () ->
                fuzz()
                    .run(
                        input -> {
                          if (input.length < 5) {
                            throw new IndexOutOfBoundsException("4");
                          }
                        },
                        LONG,
                        LONG));
    assertInstanceOf(IndexOutOfBoundsException.class, e.getCause());
    assertTrue(e.getMessage().matches("toy failed at input \\d+ of seed 1: [0-9a-f]{0,8}"));
  }

  @Test
  void errorsOfTheVirtualMachineFailToo() {
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () ->
                fuzz()
                    .run(
                        input -> {
                          throw new StackOverflowError();
                        },
                        LONG,
                        LONG));
    assertInstanceOf(StackOverflowError.class, e.getCause());
  }

  @Test
  void hangIsSeenWithTheStackOfTheParser() {
    Object never = new Object();
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () -> fuzz().run(input -> hang(never), LONG, Duration.ofMillis(100)));
    assertTrue(e.getMessage().startsWith("toy hangs at input 1 of seed 1: "));
    assertTrue(
        List.of(e.getCause().getStackTrace()).stream()
            .anyMatch(frame -> frame.getMethodName().equals("hang")));
  }

  private static void hang(Object never) {
    synchronized (never) {
      while (true) {
        try {
          never.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  @Test
  void sameSeedGivesTheSameInputs() {
    Damage first = new Damage(new SplittableRandom(7), CORPUS);
    Damage second = new Damage(new SplittableRandom(7), CORPUS);
    for (int i = 0; i < 100; i++) {
      assertArrayEquals(first.next(), second.next());
    }
  }

  @Test
  void inputsVaryInContentAndLengthAndLeaveTheCorpusAlone() {
    Damage damage = new Damage(new SplittableRandom(1), CORPUS);
    Set<Integer> lengths = new HashSet<>();
    Set<List<Byte>> contents = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      byte[] input = damage.next();
      lengths.add(input.length);
      List<Byte> content = new ArrayList<>();
      for (byte b : input) {
        content.add(b);
      }
      contents.add(content);
    }
    assertTrue(lengths.contains(0) && lengths.size() > 9, "lengths " + lengths);
    assertTrue(contents.size() > 500, "different inputs " + contents.size());
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, CORPUS.getFirst());
  }

  @Test
  void emptyInputsStandEveryKindOfDamage() {
    Damage damage = new Damage(new SplittableRandom(3), List.of(new byte[0]));
    for (int i = 0; i < 1000; i++) {
      assertEquals(0, damage.next().length);
    }
  }

  @Test
  void emptyCorpusIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Fuzz("toy", List.of(), List.of()));
  }
}
