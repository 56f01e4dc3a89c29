// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class HelpCommandTest {

  @ParameterizedTest
  @MethodSource("org.crashlane.cli.HelpTest#commands")
  void helpOfACommandIsItsDashH(List<String> words) {
    Run help = Run.of(Stream.concat(Stream.of("help"), words.stream()).toArray(String[]::new));
    Run dash = Run.of(Stream.concat(words.stream(), Stream.of("-h")).toArray(String[]::new));
    assertEquals(0, help.code(), help.err());
    assertEquals(dash.out(), help.out());
  }

  @Test
  void unknownCommandIsNamedWithTheNearestOfItsLevel() {
    Run run = Run.of("help", "machines", "shwo");
    assertEquals(2, run.code());
    assertEquals(
        """
        crashlane: 'shwo' is no command: there is show; did you mean 'show'?
        crashlane: try 'crashlane machines -h'
        """,
        run.err());
    assertEquals(run.err(), Run.of("machines", "shwo").err());
    assertTrue(Run.of("help", "reherse").err().contains("did you mean 'rehearse'?"));
    assertTrue(Run.of("reherse").err().contains("did you mean 'rehearse'?"));
    assertTrue(Run.of("help", "version", "x").err().contains("'x' is one argument too many"));
  }
}
