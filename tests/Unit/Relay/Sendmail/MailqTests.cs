using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MailqTests
{
    [Fact]
    public async Task Says_that_the_queue_is_empty() => Assert.Equal("Mail queue is empty\n", await ListAsync());

    [Fact]
    public async Task Lists_each_message_once_with_all_its_recipients()
    {
        var text = await ListAsync(
            Entry("01m8pjw6vzevwsgmbs1qh4xnrw", "a@example.net", "deferred", 2000, "450 4.2.1 try later"),
            Entry("01m8pjw6vzevwsgmbs1qh4xnrw", "b@example.net", "deferred", 2000, "450 4.2.1 try later"),
            Entry("01m8pjw6vzevwsgmbs1qh4xnrv", "c@example.net", "ready", 100, null, sender: ""));

        Assert.Equal(
            """
            -Queue ID------------------ --Size-- ----Arrival Time---- -Sender/Recipient-------
            01m8pjw6vzevwsgmbs1qh4xnrw      2000 Mon Nov 30 14:05:09  sender@example.com
                    (450 4.2.1 try later)
                                                                      a@example.net
                                                                      b@example.net

            01m8pjw6vzevwsgmbs1qh4xnrv       100 Mon Nov 30 14:05:09  MAILER-DAEMON
                                                                      c@example.net

            -- 3 Kbytes in 2 Requests.

            """,
            text);
    }

    [Theory]
    [InlineData("leased", null, '*', null)]
    [InlineData("held", "450 4.0.0 wait", '!', "(held: 450 4.0.0 wait)")]
    [InlineData("held", null, '!', "(held)")]
    [InlineData("scheduled", null, ' ', "(not before 2026-11-30 18:00:00Z)")]
    [InlineData("deferred", "450 \u001b[2Jgone", ' ', "(450  [2Jgone)")]
    public async Task Marks_what_is_on_its_way_or_held(string state, string? reply, char mark, string? reason)
    {
        var lines = (await ListAsync(Entry("01m8pjw6vzevwsgmbs1qh4xnrw", "a@example.net", state, 1, reply))).Split('\n');

        Assert.StartsWith($"01m8pjw6vzevwsgmbs1qh4xnrw{mark} ", lines[1], StringComparison.Ordinal);
        Assert.Equal(reason ?? "a@example.net", lines[2].Trim());
        Assert.Contains("-- 1 Kbytes in 1 Request.", lines);
    }

    private static async Task<string> ListAsync(params JsonElement[] entries)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await new MailqCommand(output, TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), "test", "test")).WriteAsync(entries.ToAsyncEnumerable());
        return output.ToString();
    }

    private static JsonElement Entry(string id, string recipient, string state, long size, string? reply, string sender = "sender@example.com") =>
        JsonSerializer.SerializeToElement(new
        {
            messageId = id,
            recipient,
            state,
            sizeBytes = size,
            lastReply = reply,
            reversePath = sender,
            acceptedAt = new DateTimeOffset(2026, 11, 30, 12, 5, 9, TimeSpan.Zero),
            nextAttempt = new DateTimeOffset(2026, 11, 30, 18, 0, 0, TimeSpan.Zero),
        });
}
