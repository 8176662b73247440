namespace Relay.Smtp.Server;

/// <summary>What a mechanism wants next.</summary>
internal abstract record SaslStep
{
    private SaslStep()
    {
    }

    /// <summary>Send this (in base64) with 334 and come back with the answer.</summary>
    public sealed record Challenge(ReadOnlyMemory<byte> Data) : SaslStep
    {
        /// <summary>The login whose password this shows to be right; who must wait may not learn that.</summary>
        public string? Proves { get; init; }
    }

    /// <summary>The exchange is over: check these.</summary>
    public sealed record CheckPassword(string Login, string Password) : SaslStep
    {
        // A record prints its members, and these are secrets.
        public override string ToString() => nameof(CheckPassword);
    }

    /// <summary>The exchange goes on with the secret of this login.</summary>
    public sealed record FindSecret(string Login) : SaslStep;

    /// <summary>The exchange is over: the client has shown that it knows the password, or has failed to.</summary>
    public sealed record Proven(string Login, bool IsRight) : SaslStep;

    /// <summary>The exchange is over: TLS has shown who the client is.</summary>
    /// <param name="Identity">Whom it wants to be; empty for whomever its certificate stands for.</param>
    public sealed record UseCertificate(string Identity) : SaslStep;

    /// <summary>The client binds to something of TLS that cannot be had here.</summary>
    public sealed record ForeignBinding : SaslStep
    {
        public static readonly ForeignBinding Instance = new();

        private ForeignBinding()
        {
        }
    }

    /// <summary>The response does not follow the mechanism's grammar.</summary>
    public sealed record Malformed : SaslStep
    {
        public static readonly Malformed Instance = new();

        private Malformed()
        {
        }
    }
}
