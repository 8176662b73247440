using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Relay.Platform;
using Relay.Platform.Public;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PublicDoorTests : IAsyncLifetime
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly ManualTimeProvider _time = new();
    private readonly CollectingOutbox _outbox = new();
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddSingleton<IEventOutbox>(_outbox);
        builder.Services.AddSingleton(KeyRing.Parse(KeyRing.CreateText()));
        builder.Services.AddSingleton(new PlatformOptions { Hostname = "relay.example.com", PublicUrl = new Uri("https://track.example.com") });
        builder.Services.AddTracking().AddTrackingWork();
        _app = builder.Build();
        _app.UseRouting();
        PublicDoor.Use(_app);
        _app.Services.GetRequiredService<TrackingEndpoints>().Map(_app);
        _app.MapGet("/broken", (HttpContext _) => throw new InvalidOperationException("secret detail"));
        await _app.StartAsync();
        _client = _app.GetTestClient();
        _client.DefaultRequestHeaders.UserAgent.ParseAdd(Browser);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_click_is_redirected_at_once_and_becomes_an_event()
    {
        var token = Token(TokenKind.Click, "https://example.com/?a=1&b=2#c");
        using var answer = await _client.GetAsync("/t/" + Seal(token));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("https://example.com/?a=1&b=2#c", answer.Headers.Location?.OriginalString);
        AssertProtected(answer);

        var click = await OneEventAsync();
        Assert.Equal(DeliveryEventKind.Clicked, click.Kind);
        Assert.Equal((7, token.MessageId, "person@example.net"), (click.AccountId, click.MessageId, click.Recipient));
        Assert.Equal(("https://example.com/?a=1&b=2#c", Browser, false), (click.Url, click.UserAgent, click.IsMachine));
    }

    [Fact]
    public async Task An_open_gets_the_pixel_and_becomes_an_event()
    {
        using var answer = await _client.GetAsync($"/o/{Seal(Token(TokenKind.Open))}.gif");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("image/gif", answer.Content.Headers.ContentType?.MediaType);
        var image = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal("GIF89a"u8.ToArray(), image[..6]);
        AssertProtected(answer);

        var open = await OneEventAsync();
        Assert.Equal((DeliveryEventKind.Opened, null, false), (open.Kind, open.Url, open.IsMachine));
    }

    [Fact]
    public async Task Asking_with_head_is_answered_without_content_and_counts_as_a_program()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/t/" + Seal(Token(TokenKind.Click, "https://example.com/")));
        using var answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.True((await OneEventAsync()).IsMachine);
    }

    [Fact]
    public async Task The_hidden_link_shows_nothing_and_makes_no_event_but_gives_its_reader_away()
    {
        var hidden = Token(TokenKind.Hidden);
        using var answer = await _client.GetAsync("/t/" + Seal(hidden));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        using var click = await _client.GetAsync("/t/" + Seal(hidden with { Kind = TokenKind.Click, Url = "https://example.com/" }));
        Assert.True((await OneEventAsync()).IsMachine);
    }

    [Fact]
    public async Task What_we_did_not_make_leads_nowhere()
    {
        var click = Seal(Token(TokenKind.Click, "https://example.com/"));
        var open = Seal(Token(TokenKind.Open));
        var forged = click[..^1] + (click[^1] == 'A' ? 'E' : 'A');
        foreach (var path in new[] { "/t/" + forged, "/t/abc", "/t/", "/t/" + open, $"/o/{click}.gif", "/o/" + open, "/", "/admin", "/api/v1/emails", "/t/https://example.org/" })
        {
            using var answer = await _client.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
            Assert.Equal("There is nothing here.\n", await answer.Content.ReadAsStringAsync());
            AssertProtected(answer);
        }

        using var post = await _client.PostAsync("/t/" + click, null);
        Assert.Equal(HttpStatusCode.NotFound, post.StatusCode);
    }

    [Fact]
    public async Task After_a_year_a_link_still_leads_where_it_led_but_does_not_count()
    {
        var old = Token(TokenKind.Click, "https://example.com/old");
        var young = Token(TokenKind.Click, "https://example.com/young", age: TimeSpan.FromDays(-364));
        _time.Advance(TrackingEndpoints.CountedFor + TimeSpan.FromMinutes(1));
        using var answer = await _client.GetAsync("/t/" + Seal(old));
        Assert.Equal("https://example.com/old", answer.Headers.Location?.OriginalString);
        using var other = await _client.GetAsync("/t/" + Seal(young));
        Assert.Equal("https://example.com/young", (await OneEventAsync()).Url);
    }

    [Fact]
    public async Task Who_guesses_has_to_slow_down_and_may_come_again()
    {
        var status = HttpStatusCode.OK;
        for (var i = 0; i < 50 && status != HttpStatusCode.TooManyRequests; i++)
        {
            using var answer = await _client.GetAsync("/t/guess");
            status = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        _time.Advance(TimeSpan.FromSeconds(3));
        using var later = await _client.GetAsync($"/o/{Seal(Token(TokenKind.Open))}.gif");
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task What_goes_wrong_inside_is_not_told()
    {
        using var answer = await _client.GetAsync("/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Visits_that_cannot_be_stored_are_tried_again()
    {
        _outbox.FailuresLeft = 2;
        using var answer = await _client.GetAsync($"/o/{Seal(Token(TokenKind.Open))}.gif");
        Assert.Equal(DeliveryEventKind.Opened, (await OneEventAsync()).Kind);
    }

    private async Task<DeliveryEvent> OneEventAsync()
    {
        await Poll.UntilAsync("the visit is written", () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return !_outbox.Events.IsEmpty;
        });
        return Assert.Single(_outbox.Events);
    }

    private static void AssertProtected(HttpResponseMessage answer)
    {
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    private string Seal(TrackingToken token) => _app.Services.GetRequiredService<TrackingTokens>().Seal(token);

    // Accepted an hour ago unless told otherwise: nobody is too quick.
    private TrackingToken Token(TokenKind kind, string? url = null, TimeSpan? age = null) => new()
    {
        Kind = kind,
        AccountId = 7,
        MessageId = QueueId.New(_time.GetUtcNow() - (age ?? TimeSpan.FromHours(1))),
        Recipient = "person@example.net",
        Url = url,
    };
}
