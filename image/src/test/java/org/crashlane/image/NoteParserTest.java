// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.CoreBuilder.note;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

final class NoteParserTest {
  private final List<ElfNote> notes = new ArrayList<>();
  private final List<DumpProblem> problems = new ArrayList<>();

  private void parse(byte[] bytes) {
    NoteParser.parse(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 0x100, notes, problems);
  }

  private static String text(ElfNote note) {
    return StandardCharsets.ISO_8859_1.decode(note.descriptor()).toString();
  }

  @Test
  void namesAndDescriptorsAreFilledUpToFourBytes() {
    parse(
        ElfCoreTest.concat(
            note("ABC", 1, CoreBuilder.text("five!")), note("ABCD", -2, CoreBuilder.text("six"))));
    assertEquals(List.of("ABC", "ABCD"), notes.stream().map(ElfNote::name).toList());
    assertEquals(List.of(1, -2), notes.stream().map(ElfNote::type).toList());
    assertEquals(List.of("five!", "six"), notes.stream().map(NoteParserTest::text).toList());
    assertEquals(List.of(), problems);
  }

  @Test
  void theLastDescriptorNeedNotBeFilledUp() {
    byte[] note = note("A", 1, CoreBuilder.text("five!"));
    parse(Arrays.copyOf(note, note.length - 3));
    assertEquals("five!", text(notes.getFirst()));
    assertEquals(List.of(), problems);
  }

  @Test
  void aHeaderOfZerosEndsTheNotes() {
    byte[] one = note("A", 1, CoreBuilder.text("x"));
    parse(ElfCoreTest.concat(ElfCoreTest.concat(one, new byte[64]), one));
    assertEquals(1, notes.size());
    assertEquals(List.of(), problems);
  }

  @Test
  void aNoteThatDoesNotFitIsAProblemAndThoseBeforeItAreKept() {
    byte[] both =
        ElfCoreTest.concat(note("A", 1, CoreBuilder.text("x")), note("B", 2, new byte[8]));
    int second = note("A", 1, CoreBuilder.text("x")).length;
    ByteBuffer.wrap(both).order(ByteOrder.LITTLE_ENDIAN).putInt(second + 4, -1);
    parse(both);
    assertEquals(1, notes.size());
    DumpProblem problem = problems.getFirst();
    assertEquals(0x100 + second, problem.offset());
    assertTrue(problem.reason().contains("descriptor of 4294967295 bytes"), problem::toString);
  }

  @Test
  void aNameOfAllAddressesIsAProblem() {
    byte[] note = note("A", 1, CoreBuilder.text("x"));
    ByteBuffer.wrap(note).order(ByteOrder.LITTLE_ENDIAN).putInt(0, -1);
    parse(note);
    assertEquals(List.of(), notes);
    assertEquals(DumpProblem.Kind.NOTE, problems.getFirst().kind());
  }

  @Test
  void descriptorsAreLittleEndianReadOnlyAndFreshEachTime() {
    parse(note("A", 1, new byte[] {1, 2, 0, 0}));
    ElfNote note = notes.getFirst();
    assertEquals(0x201, note.descriptor().getInt());
    assertEquals(0x201, note.descriptor().getInt());
    ByteBuffer window = note.descriptor();
    Assertions.assertThrows(ReadOnlyBufferException.class, () -> window.put((byte) 0));
  }
}
