using Relay.Delivery;

namespace Relay.Tests.Unit;

/// <summary>Grants tokens one after the other, or refuses.</summary>
internal sealed class FakeTokenEndpoint : ITokenEndpoint
{
    public int Asked { get; private set; }

    public string? Refusal { get; set; }

    public TimeSpan Life { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Held back until this completes.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async ValueTask<GrantedToken> AskAsync(OAuthOptions options, CancellationToken cancellationToken)
    {
        Asked++;
        await Gate.WaitAsync(cancellationToken);
        return Refusal is null ? new GrantedToken($"token-{Asked}", Life) : throw new AccessTokenException(Refusal);
    }
}
