using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RetryHintTests
{
    [Theory]
    [InlineData("too busy, try again in 30 minutes", 1800)]
    [InlineData("Please wait 300 seconds", 300)]
    [InlineData("You have been greylisted for 5 minutes", 300)]
    [InlineData("Greylisting in action, please come back in 00:05:00", 300)]
    [InlineData("Too many messages. Please try again in a few hours and reduce the sending rate.", 10_800)]
    [InlineData("come back in an hour", 3600)]
    [InlineData("Bitte versuchen Sie es in 30 Minuten erneut", 1800)]
    [InlineData("Veuillez réessayer dans 2 heures", 7200)]
    [InlineData("retry after 90s", 90)]
    [InlineData("TRY AGAIN IN 1 HOUR", 3600)]
    [InlineData("Warten Sie 2 Stunden", 7200)]
    public void Reads_the_time_a_reply_names(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), RetryHint.Find(text));

    [Theory]
    [InlineData("20 messages per 1 minute are the limit, try again later")]
    [InlineData("try again later")]
    [InlineData("user has 5 hours")]
    [InlineData("error 30 minutes")]
    [InlineData("again. 30 minutes")]
    [InlineData("")]
    public void A_number_that_is_no_wait_is_none(string text) => Assert.Null(RetryHint.Find(text));

    [Theory]
    [InlineData("retry in 1 second", 10)]
    [InlineData("retry in 0 minutes", 10)]
    [InlineData("retry in 999999 hours", 4 * 3600)]
    public void What_a_stranger_writes_is_honoured_within_bounds(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), RetryHint.Find(text));

    [Fact]
    public void Looks_at_the_beginning_only() => Assert.Null(RetryHint.Find(new string('x', 2000) + " try again in 30 minutes"));
}
