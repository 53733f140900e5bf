import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { stat } from 'node:fs/promises';
import type { Report } from './report.js';
import { ReportsService, type ReportState } from './reports.service.js';

@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  /** Answers `202` with an id at once; the work goes on behind it. */
  @Post()
  @HttpCode(202)
  async create(@Body() body?: { directory?: unknown }): Promise<{ id: string; state: string; result: string }> {
    const id = this.reports.start(await existingDirectory(body?.directory));
    return { id, state: `/reports/${id}`, result: `/reports/${id}/result` };
  }

  @Get(':id')
  async show(@Param('id') id: string): Promise<ReportState> {
    const found = await this.reports.find(id);
    if (found === undefined) throw new NotFoundException(`No report has the id "${id}"`);
    return found;
  }

  @Get(':id/result')
  async result(@Param('id') id: string): Promise<Report> {
    const { state, error } = await this.show(id);
    if (error !== undefined) throw new ConflictException(`The report failed: ${error}`);
    if (state !== 'SUCCESS') throw new ConflictException(`The report is not finished: its state is ${state}`);
    return this.reports.result(id);
  }
}

async function existingDirectory(given: unknown): Promise<string> {
  if (typeof given !== 'string') {
    throw new BadRequestException('Expected a JSON body with a directory, such as {"directory": "/usr/share"}');
  }
  const found = await stat(given).catch(() => undefined);
  if (!found?.isDirectory()) throw new BadRequestException(`There is no directory "${given}"`);
  return given;
}
