namespace Relay.Smtp.Server;

/// <summary>Where a session stands; flags so that a rule can name several.</summary>
[Flags]
internal enum SessionPhase
{
    /// <summary>Before EHLO, and again after STARTTLS.</summary>
    Connected = 1,

    /// <summary>Greeted, no transaction.</summary>
    Ready = 2,

    /// <summary>MAIL accepted, no recipient yet.</summary>
    Mail = 4,

    /// <summary>At least one recipient accepted.</summary>
    Recipients = 8,

    /// <summary>354 was sent, the content is on its way.</summary>
    Content = 16,

    /// <summary>A chunk was accepted and not the last: only chunks may follow, DATA and RCPT may not (RFC 3030 §2).</summary>
    Chunks = 32,

    Transaction = Mail | Recipients,
    Greeted = Ready | Transaction | Chunks,
    Any = Connected | Greeted,
}
