using System.Globalization;
using System.Net;
using System.Security.Authentication;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>MailKit logs in: the client library of .NET, and the one foreign client here that binds SCRAM to the TLS channel by the server's certificate.</summary>
[Collection(ClientsCollection.Name)]
public sealed class MailKitLoginTests(SubmissionRelay submission)
{
    private readonly RelayProcess _relay = submission.Relay;

    [Theory]
    [InlineData("PLAIN", false)]
    [InlineData("PLAIN", true)]
    [InlineData("LOGIN", false)]
    [InlineData("LOGIN", true)]
    [InlineData("SCRAM-SHA-256", false)]
    [InlineData("SCRAM-SHA-256", true)]
    [InlineData("SCRAM-SHA-256-PLUS", false)]
    [InlineData("SCRAM-SHA-256-PLUS", true)]
    public async Task Logs_in_by_every_mechanism_over_starttls_and_implicit_tls(string mechanism, bool isImplicit)
    {
        var recipient = string.Create(CultureInfo.InvariantCulture, $"mailkit-{mechanism}-{isImplicit}@example.net").ToLowerInvariant();
        using var client = await ConnectAsync(isImplicit);

        await client.AuthenticateAsync(Mechanism(mechanism, SubmissionRelay.Password));
        await client.SendAsync(MailKitSession.Message(recipient));
        await client.DisconnectAsync(true);

        Assert.Contains($"C: AUTH {mechanism}", client.Log, StringComparison.Ordinal);
        Assert.Contains("235 2.7.0", client.Log, StringComparison.Ordinal);
        await _relay.ReachesAsync(recipient, "captured");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Prefers_scram_bound_to_the_channel_where_left_to_choose(SslProtocols version)
    {
        using var client = MailKitSession.Create();
        client.SslProtocols = version;
        await client.ConnectAsync("127.0.0.1", submission.LoginPort, SecureSocketOptions.StartTls);

        await client.AuthenticateAsync(SubmissionRelay.User, SubmissionRelay.Password);

        Assert.Equal(version, client.SslProtocol);
        Assert.Equal("p=tls-server-end-point", Binding(client.Log));
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-256-PLUS")]
    public async Task A_wrong_password_is_refused_and_the_session_goes_on(string mechanism)
    {
        using var client = await ConnectAsync(isImplicit: true);

        var refused = await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(() => client.AuthenticateAsync(Mechanism(mechanism, "wrong")));

        Assert.StartsWith("535: 5.7.8", refused.Message, StringComparison.Ordinal);
        await client.NoOpAsync();
        await client.AuthenticateAsync(Mechanism(mechanism, SubmissionRelay.Password));
        Assert.True(client.IsAuthenticated);
    }

    [Fact]
    public async Task Bound_to_another_certificate_the_right_password_is_not_enough()
    {
        await using var between = TlsBetween.Start(submission.ImplicitPort);
        using var unbound = await MailKitSession.ConnectedAsync(between.Port, SecureSocketOptions.SslOnConnect);
        await unbound.AuthenticateAsync(Mechanism("SCRAM-SHA-256", SubmissionRelay.Password));

        using var bound = await MailKitSession.ConnectedAsync(between.Port, SecureSocketOptions.SslOnConnect);
        var refused = await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(
            () => bound.AuthenticateAsync(Mechanism("SCRAM-SHA-256-PLUS", SubmissionRelay.Password)));

        Assert.Equal("p=tls-server-end-point", Binding(bound.Log));
        Assert.StartsWith("535: 5.7.8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_offered_no_login_in_clear_and_cannot_send_without_one()
    {
        using var client = await MailKitSession.ConnectedAsync(submission.LoginPort, SecureSocketOptions.None);

        Assert.False(client.Capabilities.HasFlag(SmtpCapabilities.Authentication));
        Assert.Empty(client.AuthenticationMechanisms);
        await Assert.ThrowsAsync<ServiceNotAuthenticatedException>(() => client.SendAsync(MailKitSession.Message("never@example.net")));
        Assert.Contains("530 5.7.0", client.Log, StringComparison.Ordinal);
    }

    private Task<MailKitSession> ConnectAsync(bool isImplicit) => isImplicit
        ? MailKitSession.ConnectedAsync(submission.ImplicitPort, SecureSocketOptions.SslOnConnect)
        : MailKitSession.ConnectedAsync(submission.LoginPort, SecureSocketOptions.StartTls);

    private static SaslMechanism Mechanism(string name, string password)
    {
        var credentials = new NetworkCredential(SubmissionRelay.User, password);
        return name switch
        {
            "PLAIN" => new SaslMechanismPlain(credentials),
            "LOGIN" => new SaslMechanismLogin(credentials),
            "SCRAM-SHA-256" => new SaslMechanismScramSha256(credentials),
            "SCRAM-SHA-256-PLUS" => new SaslMechanismScramSha256Plus(credentials),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }

    // The first field of the client's first message (RFC 5802 §7).
    private static string Binding(string log)
    {
        const string Command = "C: AUTH SCRAM-SHA-256-PLUS ";
        var start = log.IndexOf(Command, StringComparison.Ordinal) + Command.Length;
        Assert.True(start >= Command.Length, log);
        return Encoding.UTF8.GetString(Convert.FromBase64String(log[start..].Split('\r', '\n')[0])).Split(',')[0];
    }
}
