// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Help, messages and documents speak the field's English: see words.txt. */
final class WordsTest {
  private static final Path LIST = Path.of("src/test/resources/words.txt");
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final List<String> MODULES =
      List.of("core", "image", "model", "guest", "report", "cli");

  /** A text block, a string, a character, a comment: whatever begins first. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])*'"
              + "|//[^\\n]*|/\\*(?s:.*?)\\*/");

  /** Names of the code, and what is to be typed. */
  private static final Pattern CODE_SPAN = Pattern.compile("`[^`\\n]*`");

  private record Word(Pattern pattern, String instead) {}

  private static List<Word> words() throws IOException {
    List<Word> words = new ArrayList<>();
    for (String line : Files.readAllLines(LIST)) {
      if (!line.startsWith("#")) {
        String[] columns = line.split("\t", -1);
        Pattern pattern = Pattern.compile("\\b(?:" + columns[0] + ")\\b", Pattern.CASE_INSENSITIVE);
        words.add(new Word(pattern, columns[1]));
      }
    }
    return words;
  }

  private static Stream<Path> documents() throws IOException {
    return DocumentsTest.documents();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void documentsHaveNone(Path document) throws IOException {
    String text = Files.readString(document);
    assertEquals(List.of(), in(CODE_SPAN.matcher(text).replaceAll("`…`")), document.toString());
  }

  @Test
  void helpHasNone() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      for (Path file : files.filter(f -> f.getFileName().toString().startsWith("help")).toList()) {
        assertEquals(List.of(), in(Files.readString(file)), file.toString());
      }
    }
  }

  @Test
  void messagesHaveNone() throws IOException {
    List<String> found = new ArrayList<>();
    int count = 0;
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          List<String> messages = messages(Files.readString(file));
          count += messages.size();
          for (String message : messages) {
            in(message).forEach(word -> found.add(file.getFileName() + ": " + word));
          }
        }
      }
    }
    assertEquals(List.of(), found);
    assertTrue(count > 1000, count + " messages");
  }

  @Test
  void whatIsNotUsedIsFound() throws IOException {
    String source =
        "/* told */ a(\"told\", 'x', \"was told \\\"so\\\"\"); // stands \"there is told\"";
    assertEquals(List.of("\"was told \\\"so\\\"\""), messages(source));
    assertEquals(1, in("The allocator is Told.").size());
    assertEquals(2, in("a folder\nin another hand").size());
    assertEquals(List.of(), in("--hand=HAND hands out standard understanding, beforehand"));
  }

  /** The strings of a source that are more than a name. */
  private static List<String> messages(String source) {
    List<String> messages = new ArrayList<>();
    for (Matcher token = TOKEN.matcher(source); token.find(); ) {
      String text = token.group();
      if (text.startsWith("\"") && text.contains(" ")) {
        messages.add(text);
      }
    }
    return messages;
  }

  /** What {@code text} has of the list: the word, where, and what to write instead. */
  private static List<String> in(String text) throws IOException {
    List<String> found = new ArrayList<>();
    for (Word word : words()) {
      for (Matcher match = word.pattern().matcher(text); match.find(); ) {
        int begin = Math.max(0, match.start() - 30);
        int end = Math.min(text.length(), match.end() + 30);
        String around = text.substring(begin, end).replace('\n', ' ');
        found.add("'%s' in '%s': %s".formatted(match.group(), around, word.instead()));
      }
    }
    return found;
  }
}
