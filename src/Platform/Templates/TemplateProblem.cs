using System.Globalization;

namespace Relay.Platform.Templates;

/// <summary>What is wrong with the source of a template.</summary>
/// <param name="Line">From 1; 0 when it concerns the whole.</param>
internal sealed record TemplateProblem(int Line, string Message)
{
    public override string ToString() => Line == 0 ? Message : string.Create(CultureInfo.InvariantCulture, $"line {Line}: {Message}");
}

/// <summary>The source cannot be a template.</summary>
internal sealed class TemplateSyntaxException(TemplateProblem problem) : Exception(problem.ToString())
{
    public TemplateProblem Problem => problem;
}
