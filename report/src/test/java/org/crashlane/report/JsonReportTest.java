// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class JsonReportTest {

  @Test
  void brokenVerdictHasEveryMemberInOrder() throws IOException {
    Golden.check("broken.json", JsonReport.text(JsonReport.of(Verdicts.broken())));
  }

  @Test
  void textReadsBackAsTheSameDocument() {
    String text = JsonReport.text(JsonReport.of(Verdicts.broken()));
    assertEquals(text, JsonReport.text((ObjectNode) new JsonMapper().readTree(text)));
  }

  @Test
  void addressesOfAllBitsSurvive() {
    String text = JsonReport.text(JsonReport.of(new AddressRange(1, -1)));
    assertTrue(text.contains("\"0xffffffffffffffff\""), text);
  }
}
