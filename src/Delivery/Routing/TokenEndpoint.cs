using System.Globalization;
using System.Net;
using System.Text.Json;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>Grants access tokens.</summary>
internal interface ITokenEndpoint
{
    /// <exception cref="AccessTokenException">Refused, or no answer.</exception>
    ValueTask<GrantedToken> AskAsync(OAuthOptions options, CancellationToken cancellationToken);
}

/// <param name="Life">From now.</param>
internal sealed record GrantedToken(string Token, TimeSpan Life);

/// <summary>A token endpoint of OAuth 2.0 over HTTPS: client credentials (RFC 6749 §4.4) or a refresh token (§6).</summary>
/// <remarks>The URL is the operator's, yet addresses are judged as for every other call; plain HTTP is spoken to loopback only.</remarks>
internal sealed class TokenEndpoint(GuardedHttp http) : ITokenEndpoint
{
    // RFC 6749 §5.1 only recommends expires_in.
    private static readonly TimeSpan UnknownLife = TimeSpan.FromMinutes(5);
    private const int MaxTokenLength = 16 * 1024;
    private const int MaxErrorLength = 200;

    public async ValueTask<GrantedToken> AskAsync(OAuthOptions options, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.TokenUrl) { Content = new FormUrlEncodedContent(FormOf(options)) };
        request.Headers.Accept.ParseAdd("application/json");
        var limits = new GuardedHttpLimits { AllowPlainHttp = options.TokenUrl.IsLoopback };
        try
        {
            return Read(options, await http.SendAsync(request, limits, cancellationToken));
        }
        catch (GuardedHttpException trouble)
        {
            throw new AccessTokenException($"no access token: {trouble.Message}", trouble);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> FormOf(OAuthOptions options)
    {
        yield return new("grant_type", options.RefreshToken is null ? "client_credentials" : "refresh_token");
        yield return new("client_id", options.ClientId);
        if (options.ClientSecret is { } secret)
        {
            yield return new("client_secret", secret);
        }

        if (options.RefreshToken is { } refresh)
        {
            yield return new("refresh_token", refresh);
        }

        if (options.Scope is { } scope)
        {
            yield return new("scope", scope);
        }
    }

    private static GrantedToken Read(OAuthOptions options, GuardedResponse response)
    {
        try
        {
            using var document = JsonDocument.Parse(response.Body);
            var answer = document.RootElement;
            if (response.StatusCode == HttpStatusCode.OK
                && TextOf(answer, "access_token") is { Length: > 0 and <= MaxTokenLength } token
                && !token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                return new GrantedToken(token, LifeOf(answer));
            }

            var reason = RemoteText.Clean($"{TextOf(answer, "error") ?? "no access_token"} {TextOf(answer, "error_description")}".TrimEnd(), MaxErrorLength);
            throw new AccessTokenException($"no access token: {options.TokenUrl.Host} answered {(int)response.StatusCode}: {reason}");
        }
        catch (Exception trouble) when (trouble is JsonException or InvalidOperationException)
        {
            throw new AccessTokenException($"no access token: {options.TokenUrl.Host} answered {(int)response.StatusCode} without JSON", trouble);
        }
    }

    private static string? TextOf(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Some endpoints write the number as a text.
    private static TimeSpan LifeOf(JsonElement answer)
    {
        if (!answer.TryGetProperty("expires_in", out var value))
        {
            return UnknownLife;
        }

        var seconds = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
            : value.ValueKind == JsonValueKind.String && int.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var text) ? text
            : 0;
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : UnknownLife;
    }
}
