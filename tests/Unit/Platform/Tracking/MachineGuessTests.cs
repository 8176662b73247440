using System.Net;
using Relay.Platform.Tracking;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MachineGuessTests
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private static readonly DateTimeOffset Accepted = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly QueueId _message = QueueId.New(Accepted);
    private readonly RecentDeliveries _deliveries = new();
    private readonly MachineGuess _guess;

    public MachineGuessTests() => _guess = new MachineGuess(_deliveries);

    [Theory]
    [InlineData(Browser, "None")]
    [InlineData("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "None")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", "None")]
    [InlineData("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "None")]
    [InlineData("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "None")]
    [InlineData("Mozilla/5.0", "UserAgent")]
    [InlineData("", "UserAgent")]
    [InlineData(null, "UserAgent")]
    [InlineData("curl/8.0", "UserAgent")]
    [InlineData("Mozilla/5.0 (compatible; bingbot/2.0)", "UserAgent")]
    [InlineData("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "UserAgent")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0", "UserAgent")]
    public void Programs_are_known_by_what_they_call_themselves(string? userAgent, string expected) =>
        Assert.Equal(expected, Judge(Visit(TokenKind.Open, userAgent: userAgent)));

    [Fact]
    public void A_person_clicks_without_an_image_proxy() =>
        Assert.Equal("UserAgent", Judge(Visit(TokenKind.Click, userAgent: null)));

    [Theory]
    [InlineData("17.58.1.1", "Network")]
    [InlineData("40.107.3.4", "Network")]
    [InlineData("2a01:111:f403::1", "Network")]
    [InlineData("209.222.82.9", "Network")]
    [InlineData("192.0.2.1", "None")]
    [InlineData("2001:db8::1", "None")]
    public void Programs_are_known_by_their_networks(string address, string expected) =>
        Assert.Equal(expected, Judge(Visit(TokenKind.Click, address: address)));

    [Fact]
    public void Asking_without_looking_is_a_program() => Assert.Equal("Head", Judge(Visit(TokenKind.Click) with { IsHead = true }));

    [Theory]
    [InlineData(100.0, 2.9, "TooSoon")]
    [InlineData(100.0, -1.0, "TooSoon")]
    [InlineData(100.0, 3.0, "None")]
    public async Task Nobody_reads_within_seconds_of_the_delivery(double deliveredAfter, double seenAfter, string expected)
    {
        var delivered = Accepted.AddSeconds(deliveredAfter);
        await _deliveries.ObserveAsync(
            [new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = delivered, MessageId = _message, Recipient = "Person@example.net" }], CancellationToken.None);
        Assert.Equal(expected, Judge(Visit(TokenKind.Open) with { At = delivered.AddSeconds(seenAfter) }));
    }

    [Fact]
    public void Who_looks_before_the_delivery_is_known_is_a_program_when_the_message_is_new()
    {
        Assert.Equal("TooSoon", Judge(Visit(TokenKind.Open) with { At = Accepted.AddSeconds(2) }));
        Assert.Equal("None", Judge(Visit(TokenKind.Open) with { At = Accepted.AddSeconds(4) }));
    }

    [Fact]
    public void Two_links_within_a_second_are_a_burst_but_the_same_link_twice_is_impatience()
    {
        var first = Visit(TokenKind.Click, url: "https://example.com/1");
        var again = first with { At = first.At.AddMilliseconds(300) };
        Assert.Equal([MachineSign.None, MachineSign.None], _guess.Judge([first, again]));

        var other = Visit(TokenKind.Click, url: "https://example.com/2") with { At = first.At.AddMilliseconds(900) };
        Assert.Equal([MachineSign.Burst], _guess.Judge([other]));

        var later = Visit(TokenKind.Click, url: "https://example.com/3") with { At = first.At.AddSeconds(10) };
        Assert.Equal([MachineSign.None], _guess.Judge([later]));
    }

    [Fact]
    public void The_first_of_a_burst_is_seen_when_they_come_together()
    {
        var first = Visit(TokenKind.Click, url: "https://example.com/1");
        var second = Visit(TokenKind.Click, url: "https://example.com/2") with { At = first.At.AddMilliseconds(50) };
        Assert.Equal([MachineSign.Burst, MachineSign.Burst], _guess.Judge([first, second]));
    }

    [Fact]
    public void Who_follows_the_hidden_link_is_a_program_for_this_message_only()
    {
        Assert.Equal("HiddenLink", Judge(Visit(TokenKind.Hidden)));
        Assert.Equal("HiddenLink", Judge(Visit(TokenKind.Click)));
        Assert.Equal("None", Judge(Visit(TokenKind.Click, address: "192.0.2.99")));
        var other = Visit(TokenKind.Click);
        Assert.Equal("None", Judge(other with { Token = other.Token with { MessageId = QueueId.New(Accepted) } }));
    }

    [Fact]
    public void The_hidden_link_counts_for_what_came_just_before_it() =>
        Assert.Equal([MachineSign.HiddenLink, MachineSign.HiddenLink], _guess.Judge([Visit(TokenKind.Click), Visit(TokenKind.Hidden)]));

    private string Judge(Visit visit) => Assert.Single(_guess.Judge([visit])).ToString();

    private Visit Visit(TokenKind kind, string? userAgent = Browser, string address = "192.0.2.1", string url = "https://example.com/") => new()
    {
        Token = new TrackingToken { Kind = kind, AccountId = 1, MessageId = _message, Recipient = "person@example.net", Url = kind == TokenKind.Click ? url : null },
        At = Accepted.AddHours(1),
        Address = IPAddress.Parse(address),
        UserAgent = userAgent,
    };
}
