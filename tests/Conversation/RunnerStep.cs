namespace Relay.Tests.Conversation;

public enum RunnerStepKind
{
    /// <summary><c>C:</c> or <c>C&gt;</c>.</summary>
    Client,

    /// <summary><c>S:</c> or <c>S&gt;</c>.</summary>
    Server,

    /// <summary><c>@name arguments</c>.</summary>
    Directive,
}

/// <summary>One line of a script.</summary>
/// <param name="Line">1-based, for messages.</param>
/// <param name="Text">The pattern of a line, or the name of a directive.</param>
/// <param name="Bytes">What a line says on the wire when it is played.</param>
/// <param name="Arguments">Of a directive.</param>
public sealed record RunnerStep(RunnerStepKind Kind, int Line, string Text, byte[] Bytes, string Arguments);
