using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AccessTokensTests
{
    private static readonly OAuthOptions Office = new() { TokenUrl = new Uri("https://login.example.com/token"), ClientId = "relay", ClientSecret = "s" };

    private readonly VirtualClock _clock = new();
    private readonly FakeTokenEndpoint _endpoint = new();
    private readonly AccessTokens _tokens;

    public AccessTokensTests() => _tokens = new AccessTokens(_endpoint, _clock);

    [Fact]
    public async Task A_token_is_kept_until_a_minute_before_it_ends()
    {
        Assert.Equal("token-1", await GetAsync());
        _clock.Advance(TimeSpan.FromMinutes(58));
        Assert.Equal("token-1", await GetAsync());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task A_short_token_is_kept_for_half_its_life()
    {
        _endpoint.Life = TimeSpan.FromSeconds(60);
        await GetAsync();
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("token-1", await GetAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task Many_who_ask_at_once_share_one_request()
    {
        var gate = new TaskCompletionSource();
        _endpoint.Gate = gate.Task;
        var asking = Enumerable.Range(0, 20).Select(_ => GetAsync()).ToList();
        gate.SetResult();

        Assert.All(await Task.WhenAll(asking), token => Assert.Equal("token-1", token));
        Assert.Equal(1, _endpoint.Asked);
    }

    [Fact]
    public async Task A_refusal_is_not_repeated_for_a_few_seconds()
    {
        _endpoint.Refusal = "no access token: invalid_client";
        await Assert.ThrowsAsync<AccessTokenException>(GetAsync);
        await Assert.ThrowsAsync<AccessTokenException>(GetAsync);
        Assert.Equal(1, _endpoint.Asked);

        _endpoint.Refusal = null;
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task A_token_that_was_refused_is_replaced_once()
    {
        var first = await GetAsync();
        _tokens.Forget(Office, first);
        Assert.Equal("token-2", await GetAsync());

        _tokens.Forget(Office, first);
        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task An_attempt_logs_in_with_a_token_and_asks_anew_after_a_refusal()
    {
        var kit = new DeliveryKit();
        var route = DeliveryKit.MxRoute("smarthost", FakePeers.Host("smtp.test")) with { Kind = RouteKind.Smarthost, Login = new RouteLogin("me", string.Empty) { OAuth = Office } };

        await kit.AttemptAsync(kit.Task(["x@example.com"]), route);
        Assert.Equal("token-1", kit.Peers.Sessions[0].Login!.Password);

        kit.Peers.LoginFailure = new SmtpProtocolException(TransactionStep.Authentication, SmtpReply.Of(535, "5.7.3", "expired"), "the peer answered 535");
        kit.Pool.CloseIdle(everything: true);
        var refused = await kit.AttemptAsync(kit.Task(["x@example.com"]), route);
        Assert.Equal(OutcomeKind.Deferred, refused.Outcomes[0].Outcome.Kind);

        kit.Peers.LoginFailure = null;
        await kit.AttemptAsync(kit.Task(["x@example.com"]), route);
        Assert.Equal("token-2", kit.Peers.Sessions[^1].Login!.Password);
    }

    [Fact]
    public async Task Without_a_token_the_mail_waits_and_says_why()
    {
        var kit = new DeliveryKit();
        kit.TokenEndpoint.Refusal = "no access token: invalid_client";
        var route = DeliveryKit.MxRoute("smarthost", FakePeers.Host("smtp.test")) with { Kind = RouteKind.Smarthost, Login = new RouteLogin("me", string.Empty) { OAuth = Office } };

        var result = await kit.AttemptAsync(kit.Task(["x@example.com"]), route);

        Assert.Equal((OutcomeKind.Deferred, "no access token: invalid_client"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Text));
        Assert.True(kit.Peers.Sessions[0].IsDisposed);
    }

    private Task<string> GetAsync() => _tokens.GetAsync(Office, CancellationToken.None).AsTask();
}
