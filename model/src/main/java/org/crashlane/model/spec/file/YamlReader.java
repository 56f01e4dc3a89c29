// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.model.spec.file.Yaml.Field;
import org.crashlane.model.spec.file.Yaml.Fields;
import org.crashlane.model.spec.file.Yaml.Items;
import org.crashlane.model.spec.file.Yaml.Place;
import org.crashlane.model.spec.file.Yaml.Text;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Text to {@link Yaml}, within limits: what is nested deeper, or names other parts of the text
 * (anchors, aliases, tags), is refused, so that no text, however made, costs more than its length.
 */
final class YamlReader {
  private static final int NESTING_LIMIT = 16;
  private static final Place START = new Place(1, 1);

  private final String source;
  private final Iterator<Event> events;

  private YamlReader(String source, Iterator<Event> events) {
    this.source = source;
    this.events = events;
  }

  /**
   * {@return the one document in {@code text}}
   *
   * @throws MachineFileException if it is not YAML, or not one document
   */
  static Yaml read(String source, String text) {
    LoadSettings settings = LoadSettings.builder().setLabel(source).build();
    try {
      Iterator<Event> events = new ParserImpl(settings, new StreamReader(settings, text));
      return new YamlReader(source, events).document();
    } catch (MarkedYamlEngineException e) {
      Place place = e.getProblemMark().map(YamlReader::place).orElse(START);
      throw wrong(source, place, "not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw wrong(source, START, "not YAML: " + e.getMessage().lines().findFirst().orElse(""));
    }
  }

  private Yaml document() {
    require(Event.ID.StreamStart);
    Event first = events.next();
    if (first.getEventId() == Event.ID.StreamEnd) {
      throw wrong(source, place(first), "empty: expected a machine");
    }
    Yaml document = value(events.next(), 0);
    require(Event.ID.DocumentEnd);
    Event end = events.next();
    if (end.getEventId() != Event.ID.StreamEnd) {
      throw wrong(source, place(end), "a second document: a file describes one machine");
    }
    return document;
  }

  private void require(Event.ID wanted) {
    Event.ID got = events.next().getEventId();
    if (got != wanted) {
      throw new IllegalStateException("expected " + wanted + " from the parser, not " + got);
    }
  }

  private Yaml value(Event event, int depth) {
    if (depth > NESTING_LIMIT) {
      throw wrong(source, place(event), "nested deeper than " + NESTING_LIMIT + " levels");
    }
    if (event.getEventId() == Event.ID.Alias
        || (event instanceof NodeEvent node && node.getAnchor().isPresent())) {
      throw wrong(source, place(event), "anchors and aliases (& and *) are not understood here");
    }
    return switch (event) {
      case ScalarEvent scalar -> scalar(scalar);
      case SequenceStartEvent list -> {
        refuseTag(list, list.getTag());
        yield items(list, depth);
      }
      case MappingStartEvent fields -> {
        refuseTag(fields, fields.getTag());
        yield fields(fields, depth);
      }
      default -> throw wrong(source, place(event), "expected a value");
    };
  }

  private Text scalar(ScalarEvent event) {
    refuseTag(event, event.getTag());
    return new Text(event.getValue(), !event.isPlain(), place(event));
  }

  private void refuseTag(Event event, Optional<String> tag) {
    if (tag.isPresent()) {
      throw wrong(source, place(event), "tags (" + tag.get() + ") are not understood here");
    }
  }

  private Items items(Event start, int depth) {
    List<Yaml> values = new ArrayList<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.SequenceEnd) {
      values.add(value(event, depth + 1));
      event = events.next();
    }
    return new Items(List.copyOf(values), place(start));
  }

  private Fields fields(Event start, int depth) {
    Map<String, Field> byName = new LinkedHashMap<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.MappingEnd) {
      if (!(value(event, depth + 1) instanceof Text name)) {
        throw wrong(source, place(event), "expected the name of a field");
      }
      Field field = new Field(name.place(), value(events.next(), depth + 1));
      if (byName.putIfAbsent(name.value(), field) != null) {
        int firstLine = byName.get(name.value()).namePlace().line();
        throw wrong(
            source, name.place(), "'" + name.value() + "' is already there in line " + firstLine);
      }
      event = events.next();
    }
    return new Fields(byName, place(start));
  }

  private static MachineFileException wrong(String source, Place place, String reason) {
    return new MachineFileException(source, place.line(), place.column(), "", reason);
  }

  private static Place place(Event event) {
    return event.getStartMark().map(YamlReader::place).orElse(START);
  }

  private static Place place(Mark mark) {
    return new Place(mark.getLine() + 1, mark.getColumn() + 1);
  }
}
