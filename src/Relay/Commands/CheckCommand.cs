using System.Text.Json;

namespace Relay;

/// <summary><c>relay check</c>: every fault of the configuration at once, or what it amounts to.</summary>
internal static class CheckCommand
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Invocation.Has("json"))
        {
            return await WriteJsonAsync(context);
        }

        var configuration = CommandConfiguration.LoadWithOrigin(context);
        foreach (var setting in configuration.Settings.Where(s => s.Origin != SettingOrigin.Default))
        {
            await context.Out.WriteLineAsync($"{setting.KeyPath} = {setting.Value}   ({setting.Origin})");
        }

        foreach (var warning in configuration.Warnings)
        {
            await context.Out.WriteLineAsync("warning: " + warning);
        }

        var certificates = configuration.Options.ToFurtherCertificates();
        var unusable = CertificateStore.Faults(
            configuration.Options.Tls.ToFiles() is { } usual ? certificates.Prepend(usual) : certificates, configuration.Options.ToClientIssuers());
        if (unusable.Count > 0)
        {
            throw new OperatorException("the configuration has faults:\n" + string.Join('\n', unusable.Select(fault => "  " + fault)), ExitCodes.Configuration);
        }

        await context.Out.WriteLineAsync("the configuration is valid");
        return ExitCodes.Ok;
    }

    private static async Task<int> WriteJsonAsync(CommandContext context)
    {
        var result = CommandConfiguration.Read(context);
        var isValid = result.Options is not null;
        await context.Out.WriteLineAsync(JsonSerializer.Serialize(new
        {
            valid = isValid,
            faults = result.Faults.Select(fault => fault.ToString()),
            warnings = result.Warnings,
            settings = result.Settings.Where(setting => setting.Origin != SettingOrigin.Default)
                .Select(setting => new { key = setting.KeyPath, value = setting.Value, origin = setting.Origin.ToString() }),
        }));
        return isValid ? ExitCodes.Ok : ExitCodes.Configuration;
    }
}
