// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Marks, and what stands where a mark would be. */
class StopMarkTest {
  private static final String GUEST = "process 17, started at tick 4711";
  private static final String ANOTHER = "process 17, started at tick 4712";

  @TempDir private Path directory;
  private List<Path> files = List.of();

  @BeforeEach
  void nameFiles() {
    files = List.of(directory.resolve("a"), directory.resolve("b"));
  }

  @Test
  void aMarkIsFoundByTheNextHandAndGoneWhenItIsClosed() throws IOException {
    Optional<StopMark> killed = StopMark.set(files, GUEST);
    assertTrue(killed.isPresent());
    try (StopMark _ = StopMark.left(files, GUEST).orElseThrow()) {
      assertTrue(Files.exists(files.getFirst()));
    }
    assertFalse(Files.exists(files.getFirst()));
    assertFalse(StopMark.left(files, GUEST).isPresent());
  }

  @Test
  void aGuestThatHasTakenAnothersPlaceIsNotTheOneThatWasStopped() throws IOException {
    assertTrue(StopMark.set(files, GUEST).isPresent());
    assertFalse(StopMark.left(files, ANOTHER).isPresent());
    try (StopMark _ = StopMark.set(files, ANOTHER).orElseThrow()) {
      assertTrue(StopMark.left(files, ANOTHER).isPresent());
      assertFalse(StopMark.left(files, GUEST).isPresent(), "the old mark says nothing any more");
    }
  }

  @Test
  void aGuestWhoseProcessorsHaveMovedIsNoLongerStoppedByTheHand() throws IOException {
    assertTrue(StopMark.set(files, GUEST).isPresent());
    StopMark killedAtOnce = StopMark.left(files, GUEST).orElseThrow();
    assertTrue(killedAtOnce.isOf("1") && killedAtOnce.isOf("2"), "it was not noted");
    killedAtOnce.note("1");
    try (StopMark left = StopMark.left(files, GUEST).orElseThrow()) {
      assertTrue(left.isOf("1"));
      assertFalse(left.isOf("2"));
    }
    assertEquals(Optional.empty(), StopMark.left(files, GUEST));
  }

  @Test
  void aMarkThatAnotherHandHasTakenAwayIsSetAgainByTheNote() throws IOException {
    StopMark mark = StopMark.set(files, GUEST).orElseThrow();
    StopMark.left(files, GUEST).orElseThrow().close();
    mark.note("1");
    assertTrue(StopMark.left(files, GUEST).orElseThrow().isOf("1"));
  }

  @Test
  void eachFolderHasTheMark() throws IOException {
    assertTrue(StopMark.set(files, GUEST).isPresent());
    StopMark.left(files.subList(1, 2), GUEST).orElseThrow().close();
    assertTrue(StopMark.left(files, GUEST).isPresent());
  }

  @Test
  void anEmptyMarkWasLeftBeforeAnythingWasStopped() throws IOException {
    Files.createFile(files.getFirst());
    assertFalse(StopMark.left(files, GUEST).isPresent());
    try (StopMark _ = StopMark.set(files, GUEST).orElseThrow()) {
      assertTrue(StopMark.left(files.subList(0, 1), GUEST).isPresent());
    }
  }

  @Test
  void aLinkUnderItsNameIsNotFollowed() throws IOException {
    Path somebodys = Files.writeString(directory.resolve("theirs"), "words");
    Files.createSymbolicLink(files.getFirst(), somebodys);
    setsTheSecondAlone();
    assertEquals("words", Files.readString(somebodys));
    assertTrue(Files.isSymbolicLink(files.getFirst()));
    Files.writeString(somebodys, "stopped by crashlane: " + GUEST);
    assertFalse(StopMark.left(files, GUEST).isPresent());
  }

  @Test
  void aFolderUnderItsNameStays() throws IOException {
    Files.createDirectory(files.getFirst());
    setsTheSecondAlone();
    assertTrue(Files.isDirectory(files.getFirst(), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void anothersFileUnderItsNameStaysAsItIs() throws IOException {
    Files.writeString(files.getFirst(), "12345\n");
    setsTheSecondAlone();
    assertEquals("12345\n", Files.readString(files.getFirst()));
  }

  @Test
  void whereNoneCanBeWrittenNoneIsSet() throws IOException {
    for (Path file : files) {
      Files.createDirectory(file);
    }
    assertFalse(StopMark.set(files, GUEST).isPresent());
  }

  private void setsTheSecondAlone() throws IOException {
    assertFalse(StopMark.left(files, GUEST).isPresent());
    try (StopMark _ = StopMark.set(files, GUEST).orElseThrow()) {
      assertTrue(Files.isRegularFile(files.getLast()));
    }
    assertFalse(Files.exists(files.getLast()));
  }
}
