using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>AUTH with an access token: XOAUTH2, which the large providers speak, or OAUTHBEARER (RFC 7628).</summary>
/// <remarks>A refusal comes as 334 with a reason in JSON; an empty answer brings the reply that counts.</remarks>
internal static class BearerExchange
{
    /// <summary>Sends a line that is shown as the second argument in logs.</summary>
    public delegate ValueTask<SmtpReply> AskSecret(string command, string? shown, CancellationToken cancellationToken);

    private const int MaxLineBytes = 510;
    private const string XOAuth2 = "XOAUTH2";
    private const string OAuthBearer = "OAUTHBEARER";

    public static async ValueTask<SmtpReply> RunAsync(
        IReadOnlyList<string> offered, string user, string token, AskSecret askAsync, CancellationToken cancellationToken)
    {
        var mechanism = offered.Contains(XOAuth2) ? XOAuth2
            : offered.Contains(OAuthBearer) ? OAuthBearer
            : throw new SmtpProtocolException(TransactionStep.Authentication, null, "the peer offers neither AUTH XOAUTH2 nor AUTH OAUTHBEARER");
        var response = Convert.ToBase64String(Encoding.UTF8.GetBytes(mechanism == XOAuth2
            ? $"user={user}\u0001auth=Bearer {token}\u0001\u0001"
            : $"n,a={Escape(user)},\u0001auth=Bearer {token}\u0001\u0001"));
        var reply = await BeginAsync(mechanism, response, askAsync, cancellationToken);

        // RFC 7628 §3.2.3: a lone ^A ends the failed exchange; XOAUTH2 wants an empty line.
        return reply.Code == 334
            ? await askAsync(mechanism == XOAuth2 ? string.Empty : "AQ==", null, cancellationToken)
            : reply;
    }

    private static async ValueTask<SmtpReply> BeginAsync(string mechanism, string response, AskSecret askAsync, CancellationToken cancellationToken)
    {
        var command = $"AUTH {mechanism} {response}";
        if (command.Length <= MaxLineBytes)
        {
            return await askAsync(command, $"AUTH {mechanism} *", cancellationToken);
        }

        // Too long for an initial response (RFC 4954 §4).
        var reply = await askAsync($"AUTH {mechanism}", null, cancellationToken);
        return reply.Code == 334 ? await askAsync(response, "*", cancellationToken) : reply;
    }

    // RFC 5801 §4: a comma and an equals sign would end the name.
    private static string Escape(string user) => user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
}
